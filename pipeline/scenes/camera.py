"""Pinhole camera and pose.

OpenCV axes: x right, y down, z forward; the centre of pixel (i, j) is at (i + 0.5, j + 0.5).
"""

from dataclasses import dataclass

import numpy as np

STEPS = 40  # of `place`


@dataclass(frozen=True)
class Camera:
    """A square pinhole camera.

    Attributes:
        size: image side in pixels
        fov_deg: field of view across the image, degrees
    """

    size: int
    fov_deg: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.size / (2 * np.tan(np.radians(self.fov_deg) / 2))

    @property
    def matrix(self) -> np.ndarray:
        """(3, 3) camera matrix: pixels x depth from camera-frame metres."""
        return np.array([[self.focal_px, 0, self.size / 2], [0, self.focal_px, self.size / 2], [0, 0, 1]])

    def project(self, points: np.ndarray) -> np.ndarray:
        """Camera-frame points (N, 3) in metres -> pixels (N, 2), column first."""
        return points[:, :2] / points[:, 2:] * self.focal_px + self.size / 2

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels (N, 2), column first -> unit directions (N, 3) float32 in the camera frame."""
        flat = ((pixels - self.size / 2) / self.focal_px).astype(np.float32)
        directions = np.concatenate([flat, np.ones((len(flat), 1), np.float32)], axis=1)
        return directions / np.sqrt(np.einsum("ij,ij->i", directions, directions))[:, None]


@dataclass(frozen=True)
class Pose:
    """Where the craft is: p_camera = rotation @ p_body + translation.

    Attributes:
        quaternion: (4,) unit, scalar first (Hamilton), body to camera
        translation: (3,) metres, camera frame
    """

    quaternion: np.ndarray
    translation: np.ndarray

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) matrix, body to camera."""
        w, x, y, z = self.quaternion
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """Body-frame points (N, 3) -> camera frame (N, 3), metres."""
        return points @ self.rotation.T + self.translation

    @property
    def eye(self) -> np.ndarray:
        """The camera's centre in body axes, (3,) metres."""
        return -self.rotation.T @ self.translation


def place(
    vertices: np.ndarray, quaternion: np.ndarray, camera: Camera, longest_px: float, spot: np.ndarray
) -> tuple[Pose, float]:
    """The pose that puts the craft's projected box where the picture wants it, by damped fixed-point steps.

    Args:
        vertices: (V, 3) body axes, metres
        quaternion: (4,) body to camera
        camera: the camera
        longest_px: longest side of the projected box, pixels; less where the camera would stand in the craft
        spot: (2,) place across and down: 0-1 within the room the box has inside the image; -0.3 or 1.3 lets it stick
            out of the image by 0.3 of its side

    Returns:
        The pose, and by how much the box misses size and place, pixels: for a few attitudes the steps do not converge.
    """
    rotation = Pose(quaternion, np.zeros(3)).rotation
    middle = rotation @ (vertices.min(0) + vertices.max(0)) / 2
    turned = vertices @ rotation.T - middle
    radius = np.linalg.norm(turned, axis=1).max()
    nearest = 1.2 * radius
    at = np.array([0, 0, max(camera.focal_px * 2 * radius / longest_px, nearest)])
    for _ in range(STEPS):
        pixels = camera.project(turned + at)
        side, off = np.ptp(pixels, axis=0), _off(pixels, camera.size, spot)
        excess = side.max() - longest_px
        missed = max(np.abs(off).max(), excess if at[2] <= nearest * 1.001 else abs(excess))
        if missed < 0.05:
            break
        at[:2] += 0.5 * off * at[2] / camera.focal_px
        farther = np.clip(np.sqrt(side.max() / longest_px), 0.7, 1.4)
        at *= max(farther, nearest / at[2])
    return Pose(quaternion, at - middle), float(missed)


def place_at(vertices: np.ndarray, quaternion: np.ndarray, camera: Camera, range_m: float, spot: np.ndarray) -> Pose:
    """The pose with the craft's origin at a range and its projected box at a spot, which are as those of `place`."""
    turned = vertices @ Pose(quaternion, np.zeros(3)).rotation.T
    at = np.array([0, 0, range_m])
    for _ in range(STEPS):
        off = _off(camera.project(turned + at), camera.size, spot)
        at[:2] += 0.5 * off * at[2] / camera.focal_px
        at *= range_m / np.linalg.norm(at)
    return Pose(quaternion, at)


def _off(pixels: np.ndarray, size: int, spot: np.ndarray) -> np.ndarray:
    """By how much the box of pixels (N, 2) misses its spot in an image of this size, (2,)."""
    low, side = pixels.min(0), np.ptp(pixels, axis=0)
    inside = np.clip(spot, 0, 1)
    return inside * (size - side) + (spot - inside) * side - low
