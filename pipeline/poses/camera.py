"""The camera that an image was taken with: a pinhole with the lens's distortion, after Brown and Conrady.

Axes are OpenCV's: x right, y down, z forward. The centre of the pixel in column i and row j lies at (i + 0.5, j + 0.5).
cx and cy of published files are taken as they stand, as places in that convention: cx = 960 is the middle of 1920
pixels. So pixel coordinates here are what cv2.projectPoints gives, and 0.5 more than where cv2.circle draws them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import UserError
from pipeline.files import read_json
from pipeline.poses import camera_json

STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-12)  # of inverting the distortion


@dataclass(frozen=True)
class Camera:
    """Intrinsics of a camera and the size of its images.

    Attributes:
        fx, fy: focal lengths, pixels
        cx, cy: where the optical axis meets the image, pixels
        width, height: of its images, pixels
        distortion: k1, k2, p1, p2, k3 in OpenCV's order
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: tuple[float, float, float, float, float] = (0.0,) * 5

    @classmethod
    def read(cls, path: Path) -> "Camera":
        """The camera of a camera.json as SPEED and SPEED+ publish it.

        `cameraMatrix` is what counts; without it fx, fy (metres), ppx, ppy (metres a pixel), ccx and ccy (pixels) are.

        Raises:
            UserError: it is not there, or damaged; all that is wrong is listed.
        """
        if not path.exists():
            raise UserError(
                f"there is no {path}. Copy the camera.json that came with the images: without it no pose can be told."
            )
        return cls(**camera_json.intrinsics(read_json(path), path))

    @classmethod
    def of(cls, values: Sequence[float], height: int, width: int) -> "Camera":
        """The camera of nine numbers as `values` gives them."""
        fx, fy, cx, cy, *distortion = (float(value) for value in values)
        k1, k2, p1, p2, k3 = distortion
        return cls(fx, fy, cx, cy, width, height, (k1, k2, p1, p2, k3))

    @classmethod
    def of_shares(cls, shares: Sequence[float], height: int, width: int) -> "Camera":
        """The camera of nine numbers as `shares` gives them, of images of any size."""
        return cls.of(np.asarray(shares, float) * [width, height, width, height, 1, 1, 1, 1, 1], height, width)

    @property
    def shares(self) -> np.ndarray:
        """`values` with fx, fy, cx, cy as shares of the image's width or height: the same at whatever size."""
        width, height = self.width, self.height
        return self.values / [width, height, width, height, 1, 1, 1, 1, 1]

    @property
    def values(self) -> np.ndarray:
        """fx, fy, cx, cy, k1, k2, p1, p2, k3; float64."""
        return np.array([self.fx, self.fy, self.cx, self.cy, *self.distortion])

    @property
    def matrix(self) -> np.ndarray:
        """The camera matrix, (3, 3)."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1.0]])

    @cached_property
    def widest(self) -> float:
        """Tangent of the angle off the axis up to which the distortion is one to one; inf where it always is."""
        k1, k2, _, _, k3 = self.distortion
        roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1])  # of the slope of r (1 + k1 r^2 + k2 r^4 + k3 r^6), in r^2
        turns = roots.real[(abs(roots.imag) < 1e-9) & (roots.real > 0)]
        return float(np.sqrt(turns.min())) if len(turns) else np.inf

    def project(self, points_n3: np.ndarray) -> np.ndarray:
        """Pixels (n, 2), distorted as in the image, of points in the camera's frame, metres.

        NaN for points that are not in front of the camera, and for those so far aside that the polynomial of the
        distortion has turned back: it would put them into the image again.
        """
        points_n3 = np.asarray(points_n3, float).reshape(-1, 3)
        x, y, z = points_n3.T
        in_sight = (z > 0) & (np.hypot(x, y) / np.where(z > 0, z, 1) <= self.widest)
        pixels_n2 = np.full((len(points_n3), 2), np.nan)
        if in_sight.any():
            nowhere = np.zeros(3)
            seen, _ = cv2.projectPoints(points_n3[in_sight], nowhere, nowhere, self.matrix, np.array(self.distortion))
            pixels_n2[in_sight] = seen.reshape(-1, 2)
        return pixels_n2

    def undistorted(self, pixels_n2: np.ndarray) -> np.ndarray:
        """Where the points seen at these pixels (n, 2) would be seen without distortion, (n, 2) pixels."""
        pixels_n2 = np.asarray(pixels_n2, float).reshape(-1, 2)
        if not len(pixels_n2):
            return pixels_n2
        distortion = np.array(self.distortion)
        return cv2.undistortPoints(pixels_n2[:, None], self.matrix, distortion, P=self.matrix, criteria=STEPS).reshape(
            -1, 2
        )


SPEED_PLUS = Camera(
    2988.5795163815555,
    2988.3401159176124,
    960.0,
    600.0,
    1920,
    1200,
    (-0.22383016606510672, 0.51409797089106379, -0.00066499611998340662, -0.00021404771667484594, -0.13124227429077406),
)
"""The camera.json of SPEED+, https://purl.stanford.edu/wv398fc4383."""

SPEED = Camera(0.0176 / 5.86e-6, 0.0176 / 5.86e-6, 960.0, 600.0, 1920, 1200)
"""Focal length 17.6 mm, 5.86 um a pixel: `Camera` of https://gitlab.com/EuropeanSpaceAgency/speed-utils."""

SPARK_2022 = Camera(1744.92206139719, 1746.58640701753, 737.272795902663, 528.471960188736, 1440, 1080)
"""Stream 2 (trajectories of Proba-2): the camera matrix that solutions of it use; no distortion is given there."""
