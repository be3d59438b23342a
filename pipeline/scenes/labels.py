"""labels.parquet: what the tables do not give, for every image: pose, camera matrix, key points, scene."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.files import written_aside
from pipeline.scenes.layout import Shot
from pipeline.scenes.render import View

LABELS = "labels.parquet"
LIFT = 0.002  # of the craft's extent: rays to the eye start this far off a key point, clear of its own faces


def label(shot: Shot, view: View) -> dict[str, object]:
    """One row.

    image_id, class_name, split; `quaternion` (4: w, x, y, z, Hamilton) and `translation_m` (3) with p_camera =
    R(q) p_body + t, OpenCV axes; `camera_matrix` (9, row by row, pixels; no distortion); `key_points_m` (K * 3, body
    axes) and `key_points_px` (K * 2, column first, also those behind the craft or outside the image) with
    `key_points_seen` (K); `sun` (3, towards it, camera axes), `background`, `exposure` (linear brightness of a
    perfectly white face towards the sun).
    """
    scene = view.scene
    points = view.mesh.key_points
    in_camera = scene.pose.to_camera(points.astype(float))
    return {
        "image_id": shot.image_id,
        "class_name": shot.craft,
        "split": shot.split,
        "quaternion": scene.pose.quaternion,
        "translation_m": scene.pose.translation,
        "camera_matrix": scene.camera.matrix.ravel(),
        "key_points_m": points.ravel().astype(float),
        "key_points_px": scene.camera.project(in_camera).ravel(),
        "key_points_seen": seen(view, in_camera),
        "sun": scene.sun,
        "background": scene.background,
        "exposure": scene.optics.exposure,
    }


def seen(view: View, in_camera: np.ndarray) -> np.ndarray:
    """Which points (K, 3), camera axes, lie inside the image with nothing of the craft before them: (K,) bool."""
    pose = view.scene.pose
    pixels = view.scene.camera.project(in_camera)
    inside = ((pixels >= 0) & (pixels < view.scene.camera.size)).all(axis=1)
    to_eye = (-in_camera / np.linalg.norm(in_camera, axis=1, keepdims=True)) @ pose.rotation
    lift = LIFT * np.ptp(view.mesh.vertices, axis=0).max()
    starts = (in_camera - pose.translation) @ pose.rotation + lift * to_eye
    return inside & (view.mesh.first_hit(starts.astype(np.float32), to_eye.astype(np.float32)) < 0)


def write_labels(path: Path, rows: list[dict[str, object]]) -> None:
    """Write the rows whole."""
    with written_aside(path) as aside:
        pd.DataFrame(rows).to_parquet(aside, index=False)
