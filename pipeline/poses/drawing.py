"""Pictures of poses: the body's axes, key points and box over the image."""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.poses.camera import Camera
from pipeline.poses.key_points import SURE

AXES_RGB = ((255, 70, 70), (70, 220, 70), (80, 130, 255))  # x, y, z
POINT_RGB, BOX_RGB = (255, 220, 60), (120, 255, 120)
AXIS_M = 0.5
SHIFT = 4  # binary places of OpenCV's fixed-point coordinates


def with_pose(
    image_hwc: np.ndarray,
    quaternion: Sequence[float],
    translation: Sequence[float],
    camera: Camera,
    key_points_px: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    box: Sequence[float] | None = None,
) -> np.ndarray:
    """A copy of the RGB uint8 image with the body's x, y and z axis, half a metre of each, in red, green and blue.

    Key points (k, 2) are discs where their score is above 0.5 and rings elsewhere. They and the box (x_min, y_min,
    x_max, y_max) are in pixels of the camera's image, which the picture may show at any size. Of what is not known
    (NaN) or behind the camera nothing is drawn.
    """
    drawn = image_hwc.copy()
    height, width = drawn.shape[:2]
    scale = np.array([width / camera.width, height / camera.height])
    thick = max(round(min(height, width) / 250), 1)
    if box is not None and np.isfinite(box).all():
        _draw_box(drawn, np.reshape(box, (2, 2)) * scale, thick)
    pose = np.array([*quaternion, *translation], float)
    if np.isfinite(pose).all() and pose[:4].any():
        ends_43 = AXIS_M * np.eye(4, 3, -1)  # the origin and a point on each axis
        seen_43 = Rotation.from_quat(pose[:4], scalar_first=True).apply(ends_43) + pose[4:]
        origin, *tips = camera.project(seen_43) * scale
        nearest_last = np.argsort(-seen_43[1:, 2], kind="stable")
        for axis in nearest_last:
            if np.isfinite([origin, tips[axis]]).all():
                cv2.line(drawn, _place(origin), _place(tips[axis]), AXES_RGB[axis], thick + 1, cv2.LINE_AA, SHIFT)
    if key_points_px is not None:
        points_k2 = np.asarray(key_points_px, float).reshape(-1, 2)
        sure_k = np.full(len(points_k2), True) if scores is None else np.asarray(scores) > SURE
        _draw_points(drawn, points_k2 * scale, sure_k, thick)
    return drawn


def _draw_points(drawn: np.ndarray, points_k2: np.ndarray, sure_k: np.ndarray, thick: int) -> None:
    radius = round((1.5 + thick) * 2**SHIFT)
    for point, sure in zip(points_k2, sure_k, strict=True):
        if np.isfinite(point).all():
            line = cv2.FILLED if sure else max(thick // 2, 1)
            cv2.circle(drawn, _place(point), radius, POINT_RGB, line, cv2.LINE_AA, SHIFT)


def _draw_box(drawn: np.ndarray, corners_22: np.ndarray, thick: int) -> None:
    (left, top), (right, bottom) = np.rint(corners_22).clip(-(10**6), 10**6).astype(int).tolist()
    for inset in range(thick):  # a thick line of OpenCV's would reach out of the box
        cv2.rectangle(drawn, (left + inset, top + inset), (right - 1 - inset, bottom - 1 - inset), BOX_RGB, 1)


def _place(point: np.ndarray) -> tuple[int, int]:
    """Fixed-point coordinates in which the centre of the first pixel is 0; what is far off stays representable."""
    x, y = np.rint((point.clip(-1e6, 1e6) - 0.5) * 2**SHIFT).astype(int).tolist()
    return x, y
