import numpy as np
import pytest

from pipeline.masks import rle
from pipeline.masks.draw import (
    BODY_RGB,
    BOX_RGB,
    EXTRA_RGB,
    MISSED_RGB,
    PANEL_RGB,
    RIGHT_RGB,
    errors,
    overlay,
    sheet,
    window,
)


def test_overlay():
    image = np.full((200, 200, 3), 100, np.uint8)
    body, panel = np.zeros((200, 200), bool), np.zeros((200, 200), bool)
    body[60:100, 60:100], panel[60:100, 100:140] = True, True
    before = image.copy()
    drawn = overlay(image, rle.encode(body), rle.encode(panel), (60, 60, 140, 100), "Soho 0.99").astype(int)
    assert np.array_equal(image, before)
    assert drawn[80, 80, 0] > 140 > drawn[80, 80, 2]
    assert drawn[80, 120, 2] > 140 > drawn[80, 120, 0]
    assert tuple(drawn[80, 139]) == tuple(drawn[80, 60]) == BOX_RGB
    assert tuple(drawn[80, 140]) == (100, 100, 100)
    assert tuple(drawn[150, 150]) == (100, 100, 100)
    assert (drawn[:9] != 100).any()


def test_sheet():
    cell = np.zeros((50, 50, 3), np.uint8)
    assert sheet([[cell] * 3] * 2, 20).shape == (2 * 24, 3 * 24, 3)


@pytest.mark.parametrize("background", [0, 100, 255])
def test_tints_are_a_third_of_the_colour(background):
    image = np.full((100, 100, 3), background, np.uint8)
    body, panel = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
    body[40:60, 20:40], panel[40:60, 60:80] = True, True
    drawn = overlay(image, rle.encode(body), rle.encode(panel), (10, 30, 90, 70), "").astype(float)
    for mask_hw, colour in ((body, BODY_RGB), (panel, PANEL_RGB)):
        rows, columns = np.nonzero(mask_hw)
        inner = drawn[rows.min() + 2 : rows.max() - 1, columns.min() + 2 : columns.max() - 1]
        assert np.abs(inner - (0.65 * background + 0.35 * np.array(colour))).max() <= 1
        assert tuple(drawn[rows.min(), columns.min()]) == colour
    beside = ~(body | panel)
    beside[30:70, 10:90] &= np.pad(np.ones((38, 78), bool), 1) & beside[30:70, 10:90]
    beside[:10] = beside[30, 10:90] = beside[69, 10:90] = beside[30:70, 10] = beside[30:70, 89] = False
    assert (drawn[beside] == background).all()


@pytest.mark.parametrize("side", [200, 512, 1024])
def test_the_border_ends_where_the_box_ends(side):
    none = rle.encode(np.zeros((side, side), bool))
    drawn = overlay(np.full((side, side, 3), 100, np.uint8), none, none, (60, 80, 140, 120), "")
    rows, columns = np.nonzero((drawn[70:] != 100).any(axis=2))
    assert (columns.min(), rows.min() + 70, columns.max() + 1, rows.max() + 71) == (60, 80, 140, 120)


def test_a_box_along_the_edge_is_seen():
    none = rle.encode(np.zeros((64, 64), bool))
    drawn = overlay(np.zeros((64, 64, 3), np.uint8), none, none, (0, 0, 64, 64), "")
    assert (drawn[8:, [0, 63]] == BOX_RGB).all()
    assert (drawn[63] == BOX_RGB).all()


@pytest.mark.parametrize("box", [(np.nan,) * 4, (np.nan, 3, 20, 30), (0, 0, np.inf, 30)])
def test_of_an_unknown_box_nothing_is_drawn(box):
    none = rle.encode(np.zeros((64, 64), bool))
    image = np.full((64, 64, 3), 100, np.uint8)
    assert np.array_equal(overlay(image, none, none, box), image)


def test_sheet_keeps_the_order():
    rows = [[np.full((30, 30, 3), 10 * (3 * y + x), np.uint8) for x in range(3)] for y in range(2)]
    grid = sheet(rows, 20)
    assert [[int(grid[24 * y + 12, 24 * x + 12, 0]) for x in range(3)] for y in range(2)] == [[0, 10, 20], [30, 40, 50]]
    assert (grid[:2] == 255).all()


def test_errors_tell_right_from_missed_and_extra():
    body = [np.zeros((40, 50), bool) for _ in range(2)]
    body[0][:, :20] = True  # truth
    body[1][:, 10:30] = True
    empty = rle.encode(np.zeros((40, 50), bool))
    drawn = errors(*((rle.encode(mask), empty) for mask in body), 40, 50)
    assert [tuple(drawn[7, x]) for x in (5, 15, 25, 35)] == [MISSED_RGB, RIGHT_RGB, EXTRA_RGB, (0, 0, 0)]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(100, 200, 200, 300), (150, 200, 300, 250)], (70, 120, 260)),  # 200 wide, 30 % more, about (200, 250)
        ([(0, 0, 10, 10)], (0, 0, 96)),
        ([(500, 0, 640, 480)], (160, 0, 480)),
        ([(np.nan,) * 4, (0, 0, 10, 10)], (0, 0, 96)),
        ([(np.nan,) * 4], (80, 0, 480)),
    ],
)
def test_the_window_holds_all_boxes_and_stays_inside(boxes, expected):
    assert window(boxes, 480, 640) == expected
