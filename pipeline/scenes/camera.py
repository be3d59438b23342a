"""Pinhole camera and pose.

OpenCV axes: x right, y down, z forward; the centre of pixel (i, j) is at (i + 0.5, j + 0.5).
"""

from dataclasses import dataclass

import numpy as np


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
) -> tuple[Pose, np.ndarray]:
    """The pose that puts the craft's projected box where the picture wants it, by fixed-point steps.

    Args:
        vertices: (V, 3) body axes, metres
        quaternion: (4,) body to camera
        camera: the camera
        longest_px: longest side of the projected box, pixels
        spot: (2,) place across and down: 0-1 within the room the box has inside the image; -0.3 or 1.3 lets it stick
            out of the image by 0.3 of its side

    Returns:
        The pose, and the box (x_min, y_min, x_max, y_max) in pixels, not clipped to the image.
    """
    turned = vertices @ Pose(quaternion, np.zeros(3)).rotation.T
    radius = np.linalg.norm(turned, axis=1).max()
    inside = np.clip(spot, 0, 1)
    at = np.array([0, 0, camera.focal_px * 2 * radius / longest_px])
    for _ in range(16):
        pixels = camera.project(turned + at)
        side = pixels.max(0) - pixels.min(0)
        at[2] = max(at[2] * side.max() / longest_px, 1.2 * radius)
        pixels = camera.project(turned + at)
        low, side = pixels.min(0), pixels.max(0) - pixels.min(0)
        wanted = inside * (camera.size - side) + (spot - inside) * side
        at[:2] += (wanted - low) * at[2] / camera.focal_px
    pixels = camera.project(turned + at)
    return Pose(quaternion, at), np.concatenate([pixels.min(0), pixels.max(0)])
