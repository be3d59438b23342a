"""One fault at a time in a mask's colours or in a box."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.tracks.spark2024.integrity import check_image
from tests.makers import COLOURS, write_rgb
from tests.tracks.spark2024.labelled import BOX, LABELS, codes, path_of


def test_green_paint(item):
    write_rgb(path_of(item, "mask"), (LABELS > 0)[..., None] * np.array([0, 255, 0], np.uint8))
    assert codes(item) == ["mask-colours", "mask-empty"]


@pytest.mark.parametrize("colour", [(255, 255, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255)])
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_paint_that_is_near_red_or_blue_but_neither(item, tmp_path, colour, ending):
    """A white mask tells no panel from its body."""
    mask = write_rgb(tmp_path / f"paint.{ending}", (LABELS > 0)[..., None] * np.array(colour, np.uint8))
    assert "mask-colours" in codes(item._replace(mask=Path(mask.name)))


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 127, 64), (0, 0, 0)])
def test_grey_label_values_and_black(item, tmp_path, values):
    grey = np.array(values, np.uint8)[LABELS][..., None].repeat(3, axis=2)
    mask = write_rgb(tmp_path / "labels.png", grey)
    assert "mask-empty" in codes(item._replace(mask=Path(mask.name)))


@pytest.mark.parametrize("thickness", [2, 3, 5])
def test_thin_masks_are_not_foreign(item, thickness):
    labels_hw = np.zeros_like(LABELS)
    for at in range(20, 240, 30):
        labels_hw[20:240, at : at + thickness] = 1
    labels_hw[200 : 200 + thickness, 20:240] = 2
    write_rgb(path_of(item, "mask"), COLOURS[labels_hw], quality=75)
    assert codes(item._replace(box=None)) == []


X_MIN, Y_MIN, X_MAX, Y_MAX = BOX


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ((X_MIN + 40, Y_MIN, X_MAX, Y_MAX), "box-mask"),
        ((0, 0, 256, 256), "box-mask"),
        ((X_MAX, Y_MIN, X_MIN, Y_MAX), "box-invalid"),
        ((X_MIN, Y_MIN, X_MIN, Y_MAX), "box-invalid"),
        ((0, 0, 0, 0), "box-invalid"),
        ((X_MIN, Y_MIN, float("nan"), Y_MAX), "box-invalid"),
        ((X_MIN, Y_MIN, float("inf"), Y_MAX), "box-invalid"),
        ((-1, Y_MIN, X_MAX, Y_MAX), "box-outside"),
        ((X_MIN, Y_MIN, X_MAX, 257), "box-outside"),
    ],
)
def test_boxes(item, box, code):
    facts = check_image(item._replace(box=box))
    assert facts["problems"][0].code == code
    assert facts["box_valid"] == (code != "box-invalid")


@pytest.mark.parametrize("shift", [0, 1, 2, -2])
def test_a_box_a_pixel_or_two_off_is_no_problem(item, shift):
    assert codes(item._replace(box=tuple(value + shift for value in BOX))) == []


def test_a_swapped_box_says_so(item):
    (problem,) = check_image(item._replace(box=(Y_MIN, X_MIN, Y_MAX, X_MAX)))["problems"]
    assert problem.code == "box-mask"
    assert "rows and columns swapped" in problem.text
    (problem,) = check_image(item._replace(box=(0, 0, 20, 20)))["problems"]
    assert "swapped" not in problem.text


def test_every_fault_is_listed(item):
    write_rgb(path_of(item, "mask"), np.zeros_like(COLOURS[LABELS]))
    assert codes(item._replace(image=Path("no"), box=(-5, 0, 10, 10))) == ["image-missing", "box-outside", "mask-empty"]


def test_nothing_is_outside_of_an_image_whose_size_is_unknown(item):
    """Where neither file can be read."""
    for kind in ("image", "mask"):
        path_of(item, kind).unlink()
    assert codes(item._replace(box=(-5, 0, 10, 2000))) == ["image-missing", "mask-missing"]


@pytest.mark.parametrize(("off", "expected"), [(0, []), (1, []), (2, []), (3, ["box-mask"])])
def test_a_small_box_may_be_a_pixel_or_two_off(item, tmp_path, off, expected):
    """One pixel of six halves the IoU, yet is no more than JPEG does."""
    labels_hw = np.zeros_like(LABELS)
    labels_hw[100:106, 50:56] = 1
    mask = write_rgb(tmp_path / "small.png", COLOURS[labels_hw])
    assert codes(item._replace(mask=Path(mask.name), box=(50 - off, 100, 56 + off, 106))) == expected


@pytest.mark.parametrize("box", [(float("nan"),) * 4, (X_MIN, float("-inf"), X_MAX, Y_MAX)])
def test_a_box_without_numbers_is_no_outside_nor_swapped_box(item, box):
    assert codes(item._replace(box=box)) == ["box-invalid"]
