"""From a network's probabilities to what is submitted: masks at full size, a box from the masks, run-length codes."""

import cv2
import numpy as np

from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask, without_specks
from pipeline.masks.columns import BOX

# Parts smaller than this share of the largest part are taken for noise. Wings that hang on thin yokes come apart in a
# prediction, so larger shares cut real parts off: on 60 simulated tune images S_det fell from 0.70 to 0.65 at 0.02.
SPECK_SHARE = 0.005

# The box reaches as far as this probability of the union: what is thinner than a working pixel, or dim, stays below
# the masks' 0.5. Chosen on 138 simulated tune images, lite0 at 224 px: S_det is 0.551 at 0.5, 0.624 at 0.3, 0.656 at
# 0.15 and 0.1, 0.646 at 0.05.
BOX_LEVEL = 0.15


def answer(mask_chw: np.ndarray, height: int, width: int, box_4: np.ndarray | None = None) -> dict:
    """Masks and box of one image from probabilities (2, h, w) of body and panel at the working size.

    The probabilities are enlarged first and cut at 0.5 then; a pixel both want goes to the larger. The box is the
    extent of the union cut at BOX_LEVEL. Both are without specks. An empty union gets `fallback` = True, empty masks
    and the extent of all that reaches half of the highest probability, or the whole image where there is none.
    Where `box_4`, x_min, y_min, x_max, y_max as shares of the image, has an area, it is that, clipped to the image.

    Returns:
        x_min, y_min, x_max, y_max in pixels (max exclusive); body_rle, panel_rle; body_score, panel_score (mean
        probability over the mask); height, width; fallback.
    """
    body_hw, panel_hw = (cv2.resize(np.float32(p), (width, height), interpolation=cv2.INTER_LINEAR) for p in mask_chw)
    top_hw = np.nan_to_num(np.maximum(body_hw, panel_hw), nan=0.0)
    union_hw = without_specks(top_hw > 0.5, SPECK_SHARE)
    is_panel_hw = panel_hw > body_hw
    body_mask_hw, panel_mask_hw = union_hw & ~is_panel_hw, union_hw & is_panel_hw
    fallback = not union_hw.any()
    reach_hw = top_hw >= max(top_hw.max() / 2, 1e-6) if fallback else without_specks(top_hw > BOX_LEVEL, SPECK_SHARE)
    box = box_from_mask(reach_hw) or (0, 0, width, height)
    if box_4 is not None:
        own = np.clip(np.float64(box_4), 0, 1) * (width, height, width, height)
        box = own if (own[2:] > own[:2]).all() else box
    return {
        **dict(zip(BOX, map(float, box), strict=True)),
        "body_rle": rle.encode(body_mask_hw),
        "panel_rle": rle.encode(panel_mask_hw),
        "body_score": _mean_over(body_hw, body_mask_hw),
        "panel_score": _mean_over(panel_hw, panel_mask_hw),
        "height": height,
        "width": width,
        "fallback": fallback,
    }


def _mean_over(probability_hw: np.ndarray, mask_hw: np.ndarray) -> float:
    return float(probability_hw[mask_hw].mean()) if mask_hw.any() else 0.0
