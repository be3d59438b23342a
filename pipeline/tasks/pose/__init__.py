"""One spacecraft of a known shape an image: its pose, and what helps to learn it: key points, box and mask."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import nn

from pipeline.contracts import Asked, Task
from pipeline.dataset.augment import Photometric
from pipeline.dataset.images import at_size
from pipeline.losses.pose import FIRST, PoseLoss, untaught
from pipeline.masks import rle
from pipeline.masks.columns import BOX, BOX_FIELDS
from pipeline.models.pose_build import build_pose_net
from pipeline.models.pose_heads import HEADS
from pipeline.models.pose_net import PoseNet
from pipeline.poses.columns import (
    CAMERA,
    CAMERA_FIELD,
    MASK,
    MASK_FIELD,
    POSE_FIELDS,
    QUATERNION,
    TRANSLATION,
)
from pipeline.poses.key_points import TANGO
from pipeline.poses.rotations import matrix_of
from pipeline.tasks.pose import drawing
from pipeline.tasks.pose.answers import DECODINGS, answer
from pipeline.tasks.pose.config import PoseConfig

HEADS_TOGETHER = ("P", "PH", "PB", "PS", "PHB", "PHS", "PBS", "PHBS")  # of arXiv 2410.12679
LEAST_POINTS = 4  # that a pose can be told from


class Pose(Task):
    """The task."""

    Config = PoseConfig
    columns = (
        *POSE_FIELDS,
        CAMERA_FIELD,
        pa.field("key_points_px", pa.list_(pa.float32())),  # x, y of each; empty: no head for them
        pa.field("key_point_scores", pa.list_(pa.float32())),
        *BOX_FIELDS,  # NaN: no head for it
        MASK_FIELD,  # null: no head for it
    )
    target = "mask"
    target_channels = 1
    target_columns = (MASK, "height", "width")
    asked_columns = (CAMERA,)
    subsets = MappingProxyType({heads: {"model.heads": heads} for heads in HEADS_TOGETHER})
    fallback_words = "no pose by the way that was asked for: that of the pose head, else far off in the middle"
    legend = drawing.LEGEND
    fit_code = (
        *("tasks/pose/__init__.py", "losses/pose.py", "losses/registry.py", "dataset/augment.py", "masks/rle.py"),
        *(f"models/{name}.py" for name in ("bifpn", "compact", "look_sizes", "pose_build", "pose_heads")),
        *(f"models/{name}.py" for name in ("pose_looks", "pose_net", "weights")),
        "masks/windows.py",
        *(f"poses/{name}.py" for name in ("columns", "key_points", "positions", "rotations")),
    )
    answer_code = (
        *("tasks/pose/__init__.py", "tasks/pose/answers.py", "masks/rle.py", "masks/columns.py", "masks/windows.py"),
        *(f"models/{name}.py" for name in ("bifpn", "compact", "fused", "look_sizes", "pose_build", "pose_heads")),
        *(f"models/{name}.py" for name in ("pose_looks", "pose_net")),
        *(f"poses/{name}.py" for name in ("camera", "columns", "key_points", "pnp", "positions", "rotations")),
    )

    def network(self, config: PoseConfig, load_weights: bool = True) -> PoseNet:
        """See pipeline.models.pose_build.build_pose_net."""
        return build_pose_net(config.model, config.key_points, load_weights)

    def impossible(self, config: PoseConfig) -> list[str]:
        """Heads that are none or answer no pose, heads without a loss, key points that no pose can be told from."""
        heads = config.model.heads
        if odd := sorted(set(heads) - set(HEADS)):
            return [f"model.heads is {heads}; {', '.join(odd)} is none of {', '.join(HEADS)}"]
        wrong = [] if set(heads) & set("PH") else [f"model.heads is {heads}; a pose needs P or H"]
        if any(len(point) != 3 for point in config.key_points):
            wrong.append(f"key_points are {config.key_points}; expected x, y, z of each")
        elif len(np.unique(config.key_points, axis=0)) < LEAST_POINTS:
            wrong.append(f"key_points are {config.key_points}; expected {LEAST_POINTS} or more places")
        if bool(config.model.coarse) != bool(config.model.fine):
            wrong.append(f"model.coarse is {config.model.coarse} and model.fine {config.model.fine}; give both or none")
        return wrong + untaught(config.loss, _taught(config))

    def remarks(self, config: PoseConfig, rows: pd.DataFrame) -> list[str]:
        """A line for key points that are hardly those of the craft."""
        if "H" in config.model.heads and config.key_points == TANGO.tolist() and rows[BOX].isna().all(axis=None):
            return ["key_points are Tango's, and these images seem to be of another craft: give its own"]
        return []

    def untaught(self, config: PoseConfig, rows: pd.DataFrame) -> list[str]:
        """Heads for boxes or masks that are not known of any row."""
        known = {"B": rows[BOX].notna().all(axis=1).any(), "S": rows[MASK].notna().any()}
        names = {"B": "box", "S": "mask"}
        return [
            f"no image to train on has a {names[head]}: leave {head} out of model.heads, {config.model.heads}"
            for head in config.model.heads
            if not known.get(head, True)
        ]

    def target_of(self, values: tuple, size: int) -> np.ndarray:
        """uint8 (size, size, 1): how much of each working pixel is craft, 255 = all of it; 0 where nobody knows."""
        counts, height, width = values
        if counts is None:
            return np.zeros((size, size, 1), np.uint8)
        return at_size(rle.decode(counts, height, width).astype(np.uint8) * 255, size)[..., None]

    def labels(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """`rotation` (N, 3, 3), `translation` (N, 3) metres, `camera` (N, 9) and `box` (N, 4) in shares, `masked`."""
        sides_n2 = rows[["width", "height"]].to_numpy(float)
        quaternion_n4 = torch.from_numpy(np.stack(rows[QUATERNION].to_list()))
        return {
            "rotation": matrix_of(quaternion_n4).float().numpy(),
            "translation": np.stack(rows[TRANSLATION].to_list()).astype(np.float32),
            "camera": np.stack(rows[CAMERA]).astype(np.float32),
            "box": (rows[BOX].to_numpy(float) / np.tile(sides_n2, 2)).astype(np.float32),
            "masked": rows[MASK].notna().to_numpy(),
        }

    def augment(self, config: PoseConfig) -> Callable:
        """See pipeline.dataset.augment.Photometric: nothing geometric, for the camera is part of a pose."""
        return Photometric(config.augment, config.seed)

    def loss(self, config: PoseConfig) -> nn.Module:
        """See pipeline.losses.pose.PoseLoss."""
        return PoseLoss(config.loss, _taught(config), config.key_points)

    def merge(self, network: PoseNet, image_bchw: torch.Tensor, views: str) -> dict[str, torch.Tensor]:
        """What the network says, masks as probabilities, and its `key_points` (b, k, 3), metres."""
        outputs = super().merge(network, image_bchw, views)
        if "mask" in outputs:
            outputs["mask"] = outputs["mask"].float().sigmoid()
        return outputs | {"key_points": network.key_points.expand(len(image_bchw), -1, -1)}

    def decodings(self, config: PoseConfig) -> tuple[str, ...]:
        """Those whose heads there are: direct, pnp, mixed."""
        return tuple(name for name, heads in DECODINGS.items() if set(heads) <= set(config.model.heads))

    def answer(self, outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
        """See pipeline.tasks.pose.answers.answer."""
        return answer(outputs, asked)

    def draw(self, image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
        """See pipeline.tasks.pose.drawing."""
        return drawing.answered(image_hwc, row)

    def compare(self, image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
        """See pipeline.tasks.pose.drawing."""
        return drawing.compared(image_hwc, truth, given)


def _taught(config: PoseConfig) -> str:
    """Letters of what has a loss."""
    return config.model.heads + (FIRST if config.model.coarse else "")
