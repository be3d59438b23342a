"""From what a network says of an image to a pose: directly, from key points, or the better half of each."""

from collections.abc import Mapping

import cv2
import numpy as np
import torch

from pipeline.contracts import Asked
from pipeline.masks import rle
from pipeline.masks.columns import BOX
from pipeline.masks.windows import in_image
from pipeline.poses import columns
from pipeline.poses.camera import Camera
from pipeline.poses.key_points import peaks
from pipeline.poses.pnp import pose_of
from pipeline.poses.positions import seen_along, translation_of
from pipeline.poses.rotations import matrix_of_6d, quaternion_of

# Which heads a way needs. Mixed: the rotation from key points, the translation from the pose head.
DECODINGS = {"direct": "P", "pnp": "H", "mixed": "PH"}
NOTHING = (np.array([1.0, 0, 0, 0]), np.array([0.0, 0, 10]))  # of an image of which nothing can be told

Pose = tuple[np.ndarray, np.ndarray]  # quaternion (4,) and translation (3,), metres


def answer(outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
    """One answer, of an image whose camera is known.

    Args:
        outputs: of heads that there are, `rotation` (6,) and `position` (3,), `heat` (k, h, w), `box` (4,) as shares,
            `mask` (1, h, w) probabilities; of two looks the `window` (3,) that rotation and heat maps are of; and
            `key_points` (k, 3), metres in the body's frame.
        asked: the image; its `decode` is direct, pnp or mixed; empty: pnp where there are heat maps.

    Returns:
        quaternion, translation_m, camera, key_points_px and key_point_scores, box, mask_rle, height, width, fallback.
    """
    height, width = asked.height, asked.width
    camera = Camera.of_shares(asked.known[columns.CAMERA], height, width)
    direct = _direct(outputs, camera) if "rotation" in outputs else None
    points_k2, scores_k = np.zeros((0, 2)), np.zeros(0)
    solved = None
    if "heat" in outputs:
        points_k2, scores_k = peaks(outputs["heat"])
        if "window" in outputs:
            window_b3 = torch.from_numpy(np.float64(outputs["window"]))[None]
            points_k2 = in_image(torch.from_numpy(points_k2.reshape(1, -1)), window_b3).numpy().reshape(-1, 2)
        points_k2 = points_k2 * (width, height)
        solved = pose_of(points_k2, scores_k, outputs["key_points"], camera)
    pose = _chosen(asked.decode or ("pnp" if "heat" in outputs else "direct"), direct, solved)
    quaternion, translation = pose or direct or NOTHING
    box = np.float64(outputs["box"]).clip(0, 1) * (width, height, width, height) if "box" in outputs else [np.nan] * 4
    return {
        columns.QUATERNION: quaternion.tolist(),
        columns.TRANSLATION: translation.tolist(),
        columns.CAMERA: camera.shares.tolist(),
        "key_points_px": points_k2.ravel().tolist(),
        "key_point_scores": scores_k.tolist(),
        **dict(zip(BOX, map(float, box), strict=True)),
        columns.MASK: _mask(outputs["mask"][0], height, width) if "mask" in outputs else None,
        "height": height,
        "width": width,
        "fallback": pose is None,
    }


def _chosen(decode: str, direct: Pose | None, solved: Pose | None) -> Pose | None:
    """The pose by a way; None where it finds none."""
    if decode == "mixed" and direct and solved:
        return solved[0], direct[1]
    return {"direct": direct, "pnp": solved}.get(decode)


def _direct(outputs: Mapping[str, np.ndarray], camera: Camera) -> Pose:
    """What the pose head says."""
    shares_b9 = torch.tensor(camera.shares)[None]
    rotation_b33 = matrix_of_6d(torch.from_numpy(np.float64(outputs["rotation"])))[None]
    if "window" in outputs:
        rotation_b33 = seen_along(torch.from_numpy(outputs["window"])[None], shares_b9).double() @ rotation_b33
    translation_b3 = translation_of(torch.from_numpy(outputs["position"])[None], shares_b9)
    return quaternion_of(rotation_b33)[0].numpy(), translation_b3[0].double().numpy()


def _mask(probability_hw: np.ndarray, height: int, width: int) -> str:
    enlarged_hw = cv2.resize(np.float32(probability_hw), (width, height), interpolation=cv2.INTER_LINEAR)
    return rle.encode(enlarged_hw > 0.5)
