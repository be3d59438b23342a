import numpy as np
import pytest

from pipeline.poses.camera import SPEED, Camera
from pipeline.poses.drawing import AXES_RGB, AXIS_M, BOX_RGB, POINT_RGB, with_pose

PLAIN = Camera(200.0, 200.0, 100.0, 100.0, 200, 200)
AHEAD = (1.0, 0, 0, 0), (0.0, 0, 2)
GREY = np.full((200, 200, 3), 100, np.uint8)
NOWHERE = [np.nan] * 4, [np.nan] * 3


def is_like(pixel, colour):
    return np.abs(pixel.astype(int) - colour).max() < 40


def test_axes_go_where_the_body_is_turned():
    half = np.sqrt(0.5)
    turned = with_pose(GREY, (half, 0, 0, half), (0, 0, 2), PLAIN)  # a quarter turn about z: x goes down, y left
    reach = round(200 * AXIS_M / 2)
    assert is_like(turned[100 + reach // 2, 100], AXES_RGB[0])
    assert is_like(turned[100, 100 - reach // 2], AXES_RGB[1])
    assert is_like(turned[100 + reach - 2, 100], AXES_RGB[0])
    for row, column in ((100 + reach + 3, 100), (100, 100 - reach - 4), (90, 100), (100, 110)):
        assert (turned[row, column] == 100).all()
    ahead = with_pose(GREY, *AHEAD, PLAIN)
    assert is_like(ahead[100, 120], AXES_RGB[0])
    assert is_like(ahead[120, 100], AXES_RGB[1])
    assert (GREY == 100).all()


def test_the_axis_nearest_to_the_camera_is_on_top():
    towards = with_pose(GREY, (0, 1, 0, 0), (0, 0, 2), PLAIN)  # half a turn about x: z towards the camera
    away = with_pose(GREY, (1, 0, 0, 0), (0, 0, 2), PLAIN)
    assert is_like(towards[100, 100], AXES_RGB[2])
    assert not is_like(away[100, 100], AXES_RGB[2])


def test_lines_lie_about_the_pixel_that_holds_the_point():
    drawn = with_pose(GREY, *NOWHERE, PLAIN, key_points_px=np.array([[50.5, 60.5]])).astype(float)
    weight = np.abs(drawn - 100).sum(axis=2)
    rows, columns = np.indices(weight.shape)
    assert (weight * columns).sum() / weight.sum() + 0.5 == pytest.approx(50.5, abs=0.1)
    assert (weight * rows).sum() / weight.sum() + 0.5 == pytest.approx(60.5, abs=0.1)


def test_points_that_are_not_sure_are_rings():
    points = np.array([[50.5, 60.5], [150.5, 60.5], [np.nan, 3]])
    drawn = with_pose(GREY, *NOWHERE, PLAIN, points, np.array([0.9, 0.5, 0.9]))
    assert is_like(drawn[60, 50], POINT_RGB)
    assert (drawn[60, 150] == 100).all()
    assert (drawn[55:66, 145:156] != 100).any()


@pytest.mark.parametrize("side", [200, 400, 1000])
def test_the_box_is_in_the_cameras_pixels_whatever_the_pictures_size(side):
    picture = np.full((side, side, 3), 100, np.uint8)
    drawn = with_pose(picture, *NOWHERE, PLAIN, box=(40, 60, 120, 180))
    rows, columns = np.nonzero((drawn != 100).any(axis=2))
    scale = side // 200
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == tuple(
        scale * edge for edge in (40, 60, 120, 180)
    )
    assert tuple(drawn[60 * scale, 80 * scale]) == BOX_RGB


def test_lines_are_thick_enough_to_be_seen_at_any_size():
    for height, width in ((256, 256), (1200, 1920)):
        drawn = with_pose(np.full((height, width, 3), 100, np.uint8), (1, 0, 0, 0), (0, 0, 5), SPEED)
        across = (drawn[:, round(width * 0.53)] != 100).any(axis=1).sum()
        assert 0.004 < across / height < 0.02


@pytest.mark.parametrize(
    ("quaternion", "translation"),
    [*[NOWHERE], ((1, 0, 0, 0), (0, 0, -2)), ((0, 0, 0, 0), (0, 0, 2)), ((1, 0, 0, 0), (0, np.inf, 2))],
)
def test_of_what_is_not_known_nothing_is_drawn(quaternion, translation):
    drawn = with_pose(GREY, quaternion, translation, PLAIN, np.full((2, 2), np.nan), np.zeros(2), [np.nan] * 4)
    assert np.array_equal(drawn, GREY)


def test_what_is_far_outside_is_no_crash():
    near = with_pose(GREY, (1, 0, 0, 0), (0, 0, 1e-9), PLAIN, np.array([[1e12, -1e12]]), None, (-1e9, -1e9, 1e9, 1e9))
    assert is_like(near[100, 150], AXES_RGB[0])
