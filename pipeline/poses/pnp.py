"""The pose in which a craft's key points are seen where a network found them: perspective-n-point with bad matches."""

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.poses.camera import Camera
from pipeline.poses.key_points import SURE

ENOUGH = 5  # key points; where fewer are sure, the best ones
FEWEST = 4
NEAR = 1 / 64  # of the image's width: a key point is found this far off, a wrong match is not
ROUNDS = 300  # of RANSAC: 5 of 11 wrong leave 1 of 77 sets of five right

Pose = tuple[np.ndarray, np.ndarray]  # rotation vector and translation (3, 1), as OpenCV gives them


def pose_of(
    points_px_k2: np.ndarray, scores_k: np.ndarray, key_points_k3: np.ndarray, camera: Camera
) -> tuple[np.ndarray, np.ndarray] | None:
    """Quaternion (4,), scalar first with w >= 0, and translation (3,), metres, from body to camera; None: no pose.

    points_px_k2 are pixels of the camera's image, distorted as they are seen; NaN: not found. Key points count whose
    score is above 0.5, or the five best above 0. With fewer than four there is no pose.

    Two solvers are tried, EPnP on sets of five by RANSAC and SQPNP on all points, each with and without
    Levenberg-Marquardt after it; the pose that is nearest to most points wins (Geman and McClure's robust error). The
    craft is always in front of the camera, and the same points give the same pose.
    """
    used = _used(np.asarray(points_px_k2, float), np.asarray(scores_k, float))
    if len(used) < FEWEST:
        return None
    model_n3 = np.ascontiguousarray(np.asarray(key_points_k3, float)[used])
    image_n2 = camera.undistorted(np.asarray(points_px_k2, float)[used])
    near = NEAR * camera.width
    poses = [*_by_all(model_n3, image_n2, camera), *_by_ransac(model_n3, image_n2, camera, near)]
    errors = [_error(pose, model_n3, image_n2, camera, near) for pose in poses]
    if not np.isfinite(errors).any():
        return None
    turn, translation = poses[int(np.argmin(errors))]
    return Rotation.from_rotvec(turn.ravel()).as_quat(canonical=True, scalar_first=True), translation.ravel()


def _used(points_px_k2: np.ndarray, scores_k: np.ndarray) -> np.ndarray:
    """Numbers of the key points that count."""
    found = np.isfinite(points_px_k2).all(axis=1) & (scores_k > 0)
    sure = np.flatnonzero(found & (scores_k > SURE))
    best = np.argsort(np.where(found, -scores_k, np.inf), kind="stable")[: min(ENOUGH, found.sum())]
    return sure if len(sure) >= ENOUGH else np.sort(best)


def _by_all(model_n3: np.ndarray, image_n2: np.ndarray, camera: Camera) -> list[Pose]:
    try:
        solved, turn, translation = cv2.solvePnP(model_n3, image_n2, camera.matrix, None, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:  # points in one place or in line
        return []
    return _with_refined((turn, translation), model_n3, image_n2, camera) if solved else []


def _by_ransac(model_n3: np.ndarray, image_n2: np.ndarray, camera: Camera, near: float) -> list[Pose]:
    if len(model_n3) <= ENOUGH:  # EPnP takes five, which leaves none to agree with them
        return []
    try:
        solved, turn, translation, inliers = cv2.solvePnPRansac(
            model_n3,
            image_n2,
            camera.matrix,
            None,
            iterationsCount=ROUNDS,
            reprojectionError=near,
            flags=cv2.SOLVEPNP_EPNP,
        )
    except cv2.error:
        return []
    if not solved or inliers is None:
        return []
    inliers = inliers.ravel()
    return _with_refined((turn, translation), model_n3[inliers], image_n2[inliers], camera)


def _with_refined(pose: Pose, model_n3: np.ndarray, image_n2: np.ndarray, camera: Camera) -> list[Pose]:
    try:
        refined = cv2.solvePnPRefineLM(model_n3, image_n2, camera.matrix, None, pose[0].copy(), pose[1].copy())
    except cv2.error:
        return [pose]
    return [pose, refined]


def _error(pose: Pose, model_n3: np.ndarray, image_n2: np.ndarray, camera: Camera, near: float) -> float:
    """Mean over the points of e^2 / (e^2 + near^2), e the pixels between found and projected; inf: no such pose."""
    turn, translation = (np.asarray(part).ravel() for part in pose)
    if not (np.isfinite(turn).all() and np.isfinite(translation).all()):
        return np.inf
    seen_n3 = Rotation.from_rotvec(turn).apply(model_n3) + translation
    if seen_n3[:, 2].min() <= 0 or translation[2] <= 0:
        return np.inf
    seen_n2 = seen_n3 @ camera.matrix.T
    squares = ((seen_n2[:, :2] / seen_n2[:, 2:] - image_n2) ** 2).sum(axis=1)
    return float((squares / (squares + near**2)).mean())
