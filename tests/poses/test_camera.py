import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.poses.camera import SPARK_2022, SPEED, SPEED_PLUS, Camera

PUBLISHED = {  # as SPEED+ has it, shortened
    "Nu": 1920,
    "Nv": 1200,
    "ppx": 5.86e-06,
    "ppy": 5.86e-06,
    "fx": 0.017513075965995915,
    "fy": 0.017511673079277208,
    "ccx": 960,
    "ccy": 600,
    "cameraMatrix": [[2988.5795163815555, 0, 960], [0, 2988.3401159176124, 600], [0, 0, 1]],
    "distCoeffs": list(SPEED_PLUS.distortion),
}


def written(tmp_path, **changed):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({key: it for key, it in (PUBLISHED | changed).items() if it is not ...}))
    return path


def brown_conrady(point, camera):
    """https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html, the formulas at its top."""
    k1, k2, p1, p2, k3 = camera.distortion
    x, y = point[0] / point[2], point[1] / point[2]
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    across = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    down = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    return camera.fx * across + camera.cx, camera.fy * down + camera.cy


places = st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(0.5, 50))


@given(places, st.sampled_from([SPEED_PLUS, SPEED, SPARK_2022]))
def test_points_are_seen_where_the_formula_says_and_lead_back(place, camera):
    point = np.array([place[0] * place[2], place[1] * place[2], place[2]])
    pixels = camera.project(point[None])
    assert np.allclose(pixels, brown_conrady(point, camera), atol=1e-6)
    straight = camera.fx * place[0] + camera.cx, camera.fy * place[1] + camera.cy
    assert np.allclose(camera.undistorted(pixels), straight, atol=1e-5)


def test_what_lies_ahead_is_in_the_middle_and_x_goes_right_and_y_down():
    assert np.allclose(SPEED_PLUS.project([[0, 0, 5]]), [[960, 600]])
    moved = 1e-3 / 5.86e-6
    assert np.allclose(SPEED.project([[1, 0, 17.6], [0, 1, 17.6]]), [[960 + moved, 600], [960, 600 + moved]])


def test_nothing_is_seen_behind_the_camera_nor_where_the_distortion_turns_back():
    points = np.array([[0, 0, 5], [0.1, 0.1, -5], [1, 0, 0], [1.6, 0, 1], [1.7, 0, 1], [0, 1.99, 1]])
    pixels = SPEED_PLUS.project(points)
    assert np.isnan(pixels).all(axis=1).tolist() == [False, True, True, False, True, True]
    assert 0 < brown_conrady(points[-1], SPEED_PLUS)[1] - 600 < 600  # it would be inside the image
    below, most, above = (brown_conrady((0, SPEED_PLUS.widest + step, 1), SPEED_PLUS)[1] for step in (-0.01, 0, 0.01))
    assert below < most > above
    assert SPEED.project([[1e3, 0, 1]])[0, 0] > 1e6


def test_no_points_are_no_pixels():
    assert SPEED_PLUS.project(np.zeros((0, 3))).shape == SPEED_PLUS.undistorted(np.zeros((0, 2))).shape == (0, 2)
    assert np.isnan(SPEED_PLUS.project([[0, 0, -1]])).all()


def test_nine_numbers_are_a_camera_and_back():
    assert Camera.of(SPEED_PLUS.values, 1200, 1920) == SPEED_PLUS
    assert SPEED_PLUS.values[4:].tolist() == list(SPEED_PLUS.distortion)


def test_the_published_file_is_read(tmp_path):
    assert Camera.read(written(tmp_path)) == SPEED_PLUS
    metres = Camera.read(written(tmp_path, cameraMatrix=...))
    assert metres.values == pytest.approx(SPEED_PLUS.values, rel=1e-7)


def test_the_camera_matrix_wins(tmp_path):
    other = Camera.read(written(tmp_path, fx=..., ccx=7, cameraMatrix=[[100, 0, 50], [0, 110.0, 40], [0, 0, 1]]))
    assert other.values[:4].tolist() == [100, 110, 50, 40]


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], (0.1, 0.2, 0.3, 0.4, 0)),
        ([[0.1, 0.2, 0.3, 0.4, 0.5]], (0.1, 0.2, 0.3, 0.4, 0.5)),
        ([1, 2, 3, 4, 5, 0, 0, 0], (1, 2, 3, 4, 5)),
    ],
)
def test_opencv_writes_four_five_or_eight_coefficients(tmp_path, coefficients, expected):
    assert Camera.read(written(tmp_path, distCoeffs=coefficients)).distortion == expected


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Nu": ...}, "Nu is missing."),
        ({"Nu": ..., "nu": 1920}, "Nu is missing. Did you mean nu?"),
        ({"Nv": 1200.5}, "Nv must be a whole number above 0, found 1200.5"),
        ({"Nv": True}, "found True"),
        ({"Nv": float("nan")}, "found nan"),
        ({"Nv": 10**400}, "found 1000"),
        ({"cameraMatrix": ..., "fx": -1}, "fx must be a number above 0, found -1"),
        ({"cameraMatrix": ..., "ppy": ...}, "ppy is missing."),
        ({"cameraMatrix": [[1, 2], [3, 4]]}, "cameraMatrix must be [[fx, 0, cx]"),
        ({"cameraMatrix": [[9, 1, 5], [0, 9, 5], [0, 0, 1]]}, "cameraMatrix must be"),
        ({"cameraMatrix": [[9, 0, 5], [0, 9, "5"], [0, 0, 1]]}, "cameraMatrix must be"),
        ({"distCoeffs": ...}, "distCoeffs is missing."),
        ({"distCoeffs": [1, 2, 3]}, "distCoeffs must be"),
        ({"distCoeffs": [1, 2, 3, 4, 5, 6]}, "distCoeffs must be"),
        ({"distCoeffs": 0.5}, "distCoeffs must be"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path, changed, words):
    with pytest.raises(UserError) as error:
        Camera.read(written(tmp_path, **changed))
    assert words in str(error.value)
    assert str(tmp_path / "camera.json") in str(error.value)
    assert "as published" in str(error.value)


def test_all_that_is_wrong_is_listed(tmp_path):
    with pytest.raises(UserError) as error:
        Camera.read(written(tmp_path, Nu=0, Nv=..., cameraMatrix=5, distCoeffs="none"))
    lines = str(error.value).splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["Nv", "Nu", "cameraMatrix", "distCoeffs"]


def test_a_missing_file_and_a_broken_one_are_told_apart(tmp_path):
    with pytest.raises(UserError, match="there is no"):
        Camera.read(tmp_path / "camera.json")
    (tmp_path / "camera.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        Camera.read(tmp_path / "camera.json")


def test_shares_are_the_same_at_any_size():
    half = Camera.of_shares(SPEED_PLUS.shares, 600, 960)
    np.testing.assert_allclose(half.matrix[:2], SPEED_PLUS.matrix[:2] / 2, rtol=1e-12)
    assert (half.width, half.height, half.distortion) == (960, 600, SPEED_PLUS.distortion)
    squeezed = Camera.of_shares(SPEED_PLUS.shares, 512, 512)
    points_n3 = np.array([[0.3, -0.4, 5.0], [1.0, 0.5, 7.0]])
    scaled_n2 = SPEED_PLUS.project(points_n3) * (512 / 1920, 512 / 1200)
    np.testing.assert_allclose(squeezed.project(points_n3), scaled_n2, rtol=1e-9)
