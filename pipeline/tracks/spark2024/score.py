"""The judge of SPARK 2024's segmentation.

Official: IoU of body and of panel, image by image; the share of images with IoU above t, averaged over t = 0.50, 0.55
... 0.95, for body and for panel apart; the mean of the two. A panel counts only from 5 % of its body's pixels on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.contracts import Against, Judge
from pipeline.judging.breakdown import by_class, by_size, sides
from pipeline.judging.masks import iou, overlap
from pipeline.judging.means import Mean, mean_of, share_above
from pipeline.masks.columns import PARTS

PANEL_SHARE = 0.05  # of the body's pixels in truth


@dataclass(frozen=True)
class SegmentationRules:
    """How masks are judged. Defaults are SPARK 2024's official rule where it speaks, assumptions elsewhere.

    Args:
        segmentation: thresholds: share of images above IoU 0.50 ... 0.95 (official 2024; assumption for 2026); mean_iou
        strict: an IoU must be above a threshold (assumption), not just reach it
        panel: panels that count: share: from 5 % of the body's pixels on (official 2024; assumption for 2026); any
        empty_truth: a part that truth does not show: skip (assumption) leaves the image out of that part's mean; judge
            gives 1 if the answer is empty too, else 0
    """

    segmentation: Literal["thresholds", "mean_iou"] = "thresholds"
    strict: bool = True
    panel: Literal["share", "any"] = "share"
    empty_truth: Literal["skip", "judge"] = "skip"


Rules = SegmentationRules


def per_image(truth: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Pixel counts of every image's masks, in the order of `truth`; NaN where there is no truth.

    Args:
        truth: index rows: image_id, body_rle, panel_rle, height, width.
        given: one row per image: image_id, body_rle, panel_rle.

    Returns:
        image_id; body_truth, body_given, body_both, panel_truth, panel_given, panel_both (pixels).

    Raises:
        KeyError: an image of `truth` has no answer.
    """
    given = given.set_index("image_id").loc[truth["image_id"]]
    columns: dict[str, object] = {"image_id": truth["image_id"].to_numpy()}
    for part in PARTS:
        rows = zip(truth[f"{part}_rle"], given[f"{part}_rle"], truth["height"], truth["width"], strict=True)
        counts = np.array([overlap(*row) for row in rows], float).reshape(-1, 3)
        columns |= {f"{part}_{name}": counts[:, i] for i, name in enumerate(("truth", "given", "both"))}
    return pd.DataFrame(columns)


def segmentation_means(images: pd.DataFrame, rules: SegmentationRules) -> dict[str, Mean]:
    """The means that S_seg is made of: body, panel; beside them, by no rule, mean IoU by image and over all pixels."""
    known = images["body_truth"].notna().to_numpy()
    large = (images["panel_truth"] >= PANEL_SHARE * images["body_truth"]).to_numpy()
    found = {}
    for name in PARTS:
        truth_n, given_n, both_n = (
            np.nan_to_num(images[f"{name}_{of}"].to_numpy()) for of in ("truth", "given", "both")
        )
        iou_n, shown = iou(truth_n, given_n, both_n), known & (truth_n > 0)
        counts_n = shown & large if (name, rules.panel) == ("panel", "share") else shown
        if rules.empty_truth == "judge":
            counts_n = counts_n | known & (truth_n == 0)
        thresholds = rules.segmentation == "thresholds"
        found[name] = mean_of(share_above(iou_n, rules.strict) if thresholds else iou_n, counts_n)
        found[f"{name}_iou"] = mean_of(iou_n, shown)
        found[f"{name}_pooled"] = Mean(np.where(known, both_n, 0), np.where(known, truth_n + given_n - both_n, 0))
    return found


def means(images: pd.DataFrame, rules: Rules) -> dict[str, Mean]:
    """The means that the figures are made of."""
    return segmentation_means(images, rules)


def of_both(body: np.ndarray, panel: np.ndarray) -> np.ndarray:
    """The mean of the two parts; the one that is there where no image has the other."""
    return np.where(np.isnan(panel), body, np.where(np.isnan(body), panel, (body + panel) / 2))


def combine(means: Mapping[str, np.ndarray], compute: Mapping[str, float], rules: Rules) -> dict[str, np.ndarray]:
    """The figures from `means`, element by element; NaN where truth is missing. Compute does not count."""
    return {
        "s_seg": of_both(means["body"], means["panel"]),
        "mean_iou": of_both(means["body_iou"], means["panel_iou"]),
        "pooled_iou": of_both(means["body_pooled"], means["panel_pooled"]),
    }


def aside(figures: Mapping[str, float | str | None]) -> str:
    """What is shown beside the score."""
    return "compute and boxes do not count"


JUDGE = Judge(
    per_image=per_image,
    means=means,
    combine=combine,
    words={
        "s_seg": "share of body and panel masks above IoU 0.50 ... 0.95",
        "mean_iou": "IoU image by image, mean of body and panel",
        "pooled_iou": "IoU over the pixels of all images, mean of body and panel",
    },
    made_of={
        "s_seg": ("body", "panel"),
        "mean_iou": ("body_iou", "panel_iou"),
        "pooled_iou": ("body_pooled", "panel_pooled"),
    },
    accuracy=("s_seg", "mean_iou", "pooled_iou"),
    ranked="mean_iou",
    headline="s_seg",
    Rules=Rules,
    against=Against("longest side of the craft's box, pixels", sides, ("mean_iou",)),
    groups={
        "by_class": ("By class", by_class),
        "by_size": ("By size of the craft (longest side of its box)", by_size),
    },
    aside=aside,
)
