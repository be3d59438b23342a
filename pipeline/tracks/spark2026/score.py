"""The judge of SPARK 2026 Stream 1: pure functions, one for each figure.

    S_acc   = 0.4 S_seg + 0.4 S_det + 0.2 S_cls
    S_flops = 1 - GMAC / 100        S_params = 1 - Mparam / 30        clamped to [0, 1]
    S_final = 0.70 S_acc + 0.15 S_flops + 0.15 S_params

S_cls is accuracy, S_det the share of boxes with IoU above 0.50, 0.55 ... 0.95, averaged. S_seg is not published:
assumed is the official rule of SPARK 2024. Whatever else is not published is an option of Rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.contracts import Against, Judge, Reward
from pipeline.judging.breakdown import by_class, by_size, sides
from pipeline.judging.means import Mean, mean_of, share_above
from pipeline.masks.boxes import box_iou
from pipeline.masks.columns import BOX
from pipeline.tracks.spark2024 import score as spark2024
from pipeline.tracks.spark2026 import BUDGET_GMAC, BUDGET_MPARAMS

OF_ACCURACY, OF_COMPUTE, OF_PARAMETERS = 0.70, 0.15, 0.15  # what each is of S_final


@dataclass(frozen=True)
class Rules(spark2024.SegmentationRules):
    """What the organisers have not published. Every default is an assumption, SPARK 2024's rule where that speaks.

    Args:
        box_needs_class: a box counts only in images whose class is right (assumption: it counts in any case)
        clamp: S_flops and S_params stay within 0 and 1 (assumption)
        compute_unit: the 100 are gmac (assumption) or gflop, two to a multiply-accumulate
    """

    box_needs_class: bool = False
    clamp: bool = True
    compute_unit: Literal["gmac", "gflop"] = "gmac"


ASSUMED = Rules()


def s_acc(s_cls: float, s_det: float, s_seg: float) -> float:
    """Accuracy part of the score."""
    return 0.4 * s_seg + 0.4 * s_det + 0.2 * s_cls


def s_flops(gmac: float, rules: Rules = ASSUMED) -> float:
    """Reward for little compute; `gmac` in 10^9 multiply-accumulates an image, one view."""
    return _reward(gmac * {"gmac": 1, "gflop": 2}[rules.compute_unit] / BUDGET_GMAC, rules)


def s_params(mparams: float, rules: Rules = ASSUMED) -> float:
    """Reward for few parameters; `mparams` in millions."""
    return _reward(mparams / BUDGET_MPARAMS, rules)


def _reward(spent: float, rules: Rules) -> float:
    return float(np.clip(1 - spent, 0, 1)) if rules.clamp else 1 - spent


def s_final(accuracy: float, gmac: float, mparams: float, rules: Rules = ASSUMED) -> float:
    """The competition's score."""
    return OF_ACCURACY * accuracy + OF_COMPUTE * s_flops(gmac, rules) + OF_PARAMETERS * s_params(mparams, rules)


def reward(gmac: float, mparams: float) -> Reward:
    """What compute and parameters leave of the score, in words."""
    earned = {"s_flops": s_flops(gmac), "s_params": s_params(mparams)}
    of_final = OF_COMPUTE * earned["s_flops"] + OF_PARAMETERS * earned["s_params"]
    most = OF_COMPUTE + OF_PARAMETERS
    lines = [f"of S_final   {of_final:8.4f}        of the {most:.4f} that compute and parameters can earn"]
    over = gmac > BUDGET_GMAC or mparams > BUDGET_MPARAMS
    budget = f"over the budget of {BUDGET_GMAC:g} GMAC and {BUDGET_MPARAMS:g} M parameters: it would be rejected"
    words = f"S_params {earned['s_params']:.4f}", f"S_flops  {earned['s_flops']:.4f}"
    return Reward(earned, *words, lines, budget if over else "")


def per_image(truth: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Everything that is judged of each image, in the order of `truth`; NaN where there is no truth.

    Args:
        truth: index rows: image_id, class_index, x_min .. y_max, body_rle, panel_rle, height, width.
        given: one row per image: image_id, class_index, x_min .. y_max, body_rle, panel_rle.

    Returns:
        spark2024's pixel counts, and class_right (0/1), box_iou.

    Raises:
        KeyError: an image of `truth` has no answer.
    """
    masks = spark2024.per_image(truth, given)
    given = given.set_index("image_id").loc[truth["image_id"]]
    has_box = truth[BOX].notna().all(axis=1).to_numpy()
    class_right = truth["class_index"].to_numpy() == given["class_index"].to_numpy()
    return masks.assign(
        class_right=np.where(truth["class_index"] >= 0, class_right, np.nan),
        box_iou=np.where(has_box, box_iou(truth[BOX], given[BOX]), np.nan),
    )


def means(images: pd.DataFrame, rules: Rules) -> dict[str, Mean]:
    """The means that the figures are made of: cls, det, box_iou and those of spark2024."""
    right, boxes = images["class_right"].to_numpy(), images["box_iou"].to_numpy()
    above = share_above(boxes, rules.strict)
    if rules.box_needs_class:
        above = above * (right != 0)  # not where the true class is unknown
    return {
        "cls": mean_of(np.nan_to_num(right), ~np.isnan(right)),
        "det": mean_of(above, ~np.isnan(boxes)),
        "box_iou": mean_of(np.nan_to_num(boxes), ~np.isnan(boxes)),
        **spark2024.segmentation_means(images, rules),
    }


def combine(means: Mapping[str, np.ndarray], compute: Mapping[str, float], rules: Rules) -> dict[str, np.ndarray]:
    """The figures from `means` and gmac and mparams, element by element; NaN where truth is missing."""
    s_seg = spark2024.of_both(means["body"], means["panel"])
    accuracy = s_acc(means["cls"], means["det"], s_seg)
    gmac, mparams = compute["gmac"], compute["mparams"]
    return {
        "s_cls": means["cls"],
        "s_det": means["det"],
        "s_seg": s_seg,
        "s_acc": accuracy,
        "s_flops": s_flops(gmac, rules),
        "s_params": s_params(mparams, rules),
        "s_final": s_final(accuracy, gmac, mparams, rules),
        "mean_box_iou": means["box_iou"],
        "mean_body_iou": means["body_iou"],
        "mean_panel_iou": means["panel_iou"],
    }


def aside(figures: Mapping[str, float | str | None]) -> str:
    """What is shown beside the score: mean IoU, and compute."""
    means = [f"{part} {_number(figures[f'mean_{part}_iou'])}" for part in ("box", "body", "panel")]
    cost = f"{_number(figures['gmac'])} GMAC, {_number(figures['mparams'])} M parameters, {figures['compute']}"
    return f"mean IoU: {', '.join(means)}\n{cost}"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4g}"


JUDGE = Judge(
    per_image=per_image,
    means=means,
    combine=combine,
    words={
        "s_cls": "class accuracy",
        "s_det": "share of boxes above IoU 0.50 ... 0.95",
        "s_seg": "the same of body and panel masks (SPARK 2024 rule: an assumption)",
        "s_acc": "0.4 seg + 0.4 det + 0.2 cls",
        "s_flops": "1 - GMAC / 100",
        "s_params": "1 - Mparam / 30",
        "s_final": f"{OF_ACCURACY:.2f} acc + {OF_COMPUTE:.2f} flops + {OF_PARAMETERS:.2f} params",
    },
    made_of={
        "s_cls": ("cls",),
        "s_det": ("det",),
        "s_seg": ("body", "panel"),
        **dict.fromkeys(("s_acc", "s_final"), ("cls", "det", "body", "panel")),
        **{f"mean_{name}": (name,) for name in ("box_iou", "body_iou", "panel_iou")},
    },
    accuracy=("s_cls", "s_det", "s_seg", "s_acc"),
    ranked="s_acc",
    headline="s_final",
    Rules=Rules,
    against=Against(
        "longest side of the craft's box, pixels", sides, ("mean_box_iou", "mean_body_iou", "mean_panel_iou")
    ),
    groups={
        "by_class": ("By class", by_class),
        "by_size": ("By size of the craft (longest side of its box)", by_size),
    },
    aside=aside,
)
