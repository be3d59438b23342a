"""The judge of SPARK 2026 Stream 1: pure functions, one for each figure.

    S_acc   = 0.4 S_seg + 0.4 S_det + 0.2 S_cls
    S_flops = 1 - GMAC / 100        S_params = 1 - Mparam / 30        clamped to [0, 1]
    S_final = 0.70 S_acc + 0.15 S_flops + 0.15 S_params

S_seg of 2026 is not published. Assumed: the official SPARK 2024 rule. Two more assumptions: an image without body
truth is left out of the body's mean, and a panel counts only if its truth has a pixel.
"""

import numpy as np
import pandas as pd

from pipeline.masks import rle
from pipeline.masks.boxes import box_iou
from pipeline.tracks.spark2026 import BUDGET_GMAC, BUDGET_MPARAMS

THRESHOLDS = np.arange(50, 100, 5) / 100  # COCO's 0.50, 0.55 ... 0.95
PANEL_SHARE = 0.05  # SPARK 2024: a panel counts from this share of its body's pixels on


def share_above(iou_n: np.ndarray) -> float | None:
    """Share of images with IoU > t, averaged over the ten thresholds; None without images."""
    return float((np.asarray(iou_n)[:, None] > THRESHOLDS).mean()) if len(iou_n) else None


def panel_counts(body_area_n: np.ndarray, panel_area_n: np.ndarray) -> np.ndarray:
    """Which images' panels are judged, from the pixels of truth: panel > 0 and at least 5 % of the body's."""
    return (panel_area_n > 0) & (panel_area_n >= PANEL_SHARE * body_area_n)


def s_acc(s_cls: float, s_det: float, s_seg: float) -> float:
    """Accuracy part of the score."""
    return 0.4 * s_seg + 0.4 * s_det + 0.2 * s_cls


def s_flops(gmac: float) -> float:
    """Reward for little compute; `gmac` in 10^9 multiply-accumulates an image, one view."""
    return float(np.clip(1 - gmac / BUDGET_GMAC, 0, 1))


def s_params(mparams: float) -> float:
    """Reward for few parameters; `mparams` in millions."""
    return float(np.clip(1 - mparams / BUDGET_MPARAMS, 0, 1))


def s_final(accuracy: float, gmac: float, mparams: float) -> float:
    """The competition's score."""
    return 0.70 * accuracy + 0.15 * s_flops(gmac) + 0.15 * s_params(mparams)


def per_image(truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    """Everything that is judged of each image, in the order of `truth`; NaN where there is no truth.

    Args:
        truth: index rows: image_id, class_index, x_min .. y_max, body_rle, panel_rle, height, width.
        prediction: a row an image: image_id, class_index, x_min .. y_max, body_rle, panel_rle.

    Returns:
        image_id, class_right (0/1), box_iou, body_iou, panel_iou; IoU is NaN where the rule leaves the image out.

    Raises:
        KeyError: an image of `truth` has no prediction.
    """
    predicted = prediction.set_index("image_id").loc[truth["image_id"]].reset_index()
    corners = ["x_min", "y_min", "x_max", "y_max"]
    has_box = truth[corners].notna().all(axis=1).to_numpy()
    masks = [
        _mask_ious(*row)
        for row in zip(
            truth["body_rle"], truth["panel_rle"], predicted["body_rle"], predicted["panel_rle"],
            truth["height"], truth["width"], strict=True,
        )
    ]  # fmt: skip
    class_right = (truth["class_index"].to_numpy() == predicted["class_index"].to_numpy()).astype(float)
    return pd.DataFrame(
        {
            "image_id": truth["image_id"].to_numpy(),
            "class_right": np.where(truth["class_index"] >= 0, class_right, np.nan),
            "box_iou": np.where(has_box, box_iou(truth[corners], predicted[corners]), np.nan),
            "body_iou": np.array([body for body, _ in masks], float),
            "panel_iou": np.array([panel for _, panel in masks], float),
        }
    )


def _mask_ious(body: str, panel: str, predicted_body: str, predicted_panel: str, height: int, width: int):
    if not (isinstance(body, str) and isinstance(panel, str)):
        return np.nan, np.nan
    body_area, panel_area = rle.area(body, height, width), rle.area(panel, height, width)
    return (
        rle.iou(predicted_body, body, height, width) if body_area else np.nan,
        rle.iou(predicted_panel, panel, height, width) if panel_counts(body_area, panel_area) else np.nan,
    )


def accuracy(images: pd.DataFrame) -> dict[str, float | int | None]:
    """The accuracy figures of `per_image` rows; None where no image has the truth that a figure needs.

    Returns:
        images (count), s_cls, s_det, s_seg, s_acc; beside them mean_box_iou, mean_body_iou, mean_panel_iou.
    """
    column = {name: images[name].dropna().to_numpy() for name in ("class_right", "box_iou", "body_iou", "panel_iou")}
    mean = {name: float(values.mean()) if len(values) else None for name, values in column.items()}
    parts = [share_above(column[name]) for name in ("body_iou", "panel_iou") if len(column[name])]
    figures = {
        "s_cls": mean["class_right"],
        "s_det": share_above(column["box_iou"]),
        "s_seg": float(np.mean(parts)) if parts else None,
    }
    known = None not in figures.values()
    return {
        "images": len(images),
        **figures,
        "s_acc": s_acc(**figures) if known else None,
        "mean_box_iou": mean["box_iou"],
        "mean_body_iou": mean["body_iou"],
        "mean_panel_iou": mean["panel_iou"],
    }
