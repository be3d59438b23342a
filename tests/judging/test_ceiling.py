"""Truth through the forms of answers: what is exact loses nothing, what is coarse loses what is thin."""

import numpy as np
import pandas as pd
import pytest

from pipeline.judging.ceiling import ceilings, through_jpeg, through_rle, through_size
from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask

SIDE = 256


def row(body_hw: np.ndarray, panel_hw: np.ndarray) -> pd.Series:
    masks = {"body_rle": rle.encode(body_hw), "panel_rle": rle.encode(panel_hw)}
    return pd.Series(masks | {"height": SIDE, "width": SIDE})


def block(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask_hw = np.zeros((SIDE, SIDE), bool)
    mask_hw[top : top + height, left : left + width] = True
    return mask_hw


def iou(one_hw: np.ndarray, other_hw: np.ndarray) -> float:
    return (one_hw & other_hw).sum() / (one_hw | other_hw).sum()


def found(answer: dict, part: str) -> np.ndarray:
    return rle.decode(answer[f"{part}_rle"], SIDE, SIDE)


BODY, PANEL = block(64, 64, 64, 64), block(64, 128, 32, 64)
CRAFT = row(BODY, PANEL)


def test_run_lengths_lose_nothing():
    answer = through_rle(CRAFT)
    assert (answer["body_rle"], answer["panel_rle"]) == (CRAFT.body_rle, CRAFT.panel_rle)
    assert [answer[name] for name in ("x_min", "y_min", "x_max", "y_max")] == list(box_from_mask(BODY | PANEL))
    assert not answer["fallback"]


@pytest.mark.parametrize("size", [SIDE, 2 * SIDE])
def test_a_network_as_fine_as_the_image_loses_nothing(size):
    answer = through_size(CRAFT, size=size, stride=size // SIDE)
    assert iou(found(answer, "body"), BODY) == 1
    assert iou(found(answer, "panel"), PANEL) == 1


def test_what_lies_on_the_grid_of_a_coarse_one_is_nearly_kept_and_what_is_thin_is_lost():
    boom = block(96, 128, 2, 96)
    coarse = through_size(row(BODY, boom), size=SIDE, stride=16)
    assert iou(found(coarse, "body"), BODY) > 0.9
    assert not found(coarse, "panel").any()
    assert found(through_size(row(BODY, boom), size=SIDE, stride=1), "panel").any()


def test_a_jpeg_moves_edges_by_a_pixel_or_two():
    y, x = np.mgrid[:SIDE, :SIDE]
    body = np.hypot(y - 131, x - 101) < 32.5  # round, and off the grid of JPEG's blocks
    panel = block(117, 133, 29, 58) & ~body
    answer = through_jpeg(row(body, panel))
    assert iou(found(answer, "body"), body) > 0.8
    assert 0.8 < iou(found(answer, "panel"), panel) < 1
    assert answer["x_min"] == pytest.approx(69, abs=2)
    assert answer["x_max"] == pytest.approx(191, abs=2)


def test_the_last_form_is_the_one_asked_for():
    forms = ceilings(size=128, stride=8)
    assert list(forms) == ["RLE, box from mask", "JPEG mask", "512 px", "256 px", "128 px, stride 8"]
    assert forms["128 px, stride 8"](CRAFT) == through_size(CRAFT, 128, 8)
    assert forms["256 px"](CRAFT) == through_size(CRAFT, 256, 1)
