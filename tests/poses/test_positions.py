import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.poses.camera import SPEED, SPEED_PLUS, Camera
from pipeline.poses.key_points import TANGO
from pipeline.poses.positions import seen_at, translation_of, undistorted
from pipeline.poses.rotations import matrix_of

LENSES = [SPEED, SPEED_PLUS]


def in_shares(camera: Camera) -> torch.Tensor:
    width, height = camera.width, camera.height
    scale = np.array([width, height, width, height, 1, 1, 1, 1, 1])
    return torch.tensor(camera.values / scale, dtype=torch.float32)[None]


def seen(camera: Camera, translation_n3: np.ndarray) -> torch.Tensor:
    share_n2 = camera.project(translation_n3) / (camera.width, camera.height)
    return torch.tensor(np.column_stack([share_n2, np.log(translation_n3[:, 2])]), dtype=torch.float32)


@pytest.mark.parametrize("camera", LENSES)
@given(x=st.floats(0, 1), y=st.floats(0, 1), depth=st.floats(0.5, 50))
def test_what_the_camera_projects_comes_back(camera, x, y, depth):
    """OpenCV projects in double precision; places anywhere in the image, to the rounding of single precision."""
    pixel_12 = camera.undistorted(np.array([[x * camera.width, y * camera.height]]))
    ray_2 = (pixel_12[0] - (camera.cx, camera.cy)) / (camera.fx, camera.fy)
    place_13 = np.append(ray_2, 1)[None] * depth
    found_13 = translation_of(seen(camera, place_13), in_shares(camera)).numpy()
    assert np.linalg.norm(found_13 - place_13) < 2e-6 * np.linalg.norm(place_13)


def test_the_lens_matters():
    """As far as OpenCV says: 27 of 1,920 pixels at the corner of SPEED+, which is 0.9 % of the distance."""
    corner_12, camera = np.array([[1920.0, 1200.0]]), SPEED_PLUS
    straight_19 = in_shares(camera)
    straight_19[:, 4:] = 0
    given_12 = torch.ones(1, 2)
    shift_2 = (undistorted(given_12, in_shares(camera)) - undistorted(given_12, straight_19))[0].numpy()
    expected_2 = (camera.undistorted(corner_12) - corner_12)[0]
    assert shift_2 * (camera.fx, camera.fy) == pytest.approx(expected_2, abs=0.01)
    assert np.linalg.norm(expected_2) == pytest.approx(27, abs=0.5)


@pytest.mark.parametrize("x", [-30.0, -0.2, 0.0, 0.5, 1.0, 1.3, 30.0])
def test_outside_the_image_it_goes_on_straight(x):
    camera_19 = in_shares(SPEED_PLUS)
    position_13 = torch.tensor([[x, 0.4, 2.0]], requires_grad=True)
    translation_of(position_13, camera_19).sum().backward()
    assert position_13.grad.isfinite().all()
    if not 0 <= x <= 1:
        edge_12 = torch.tensor([[float(x > 1), 0.4]])
        beyond = undistorted(position_13[:, :2].detach(), camera_19) - undistorted(edge_12, camera_19)
        expected_12 = torch.tensor([[(x - float(x > 1)) / camera_19[0, 0].item(), 0.0]])
        torch.testing.assert_close(beyond, expected_12)


def test_half_precision_is_computed_in_single():
    position_13, camera_19 = torch.tensor([[0.25, 0.75, 1.5]]), in_shares(SPEED_PLUS)
    expected = translation_of(position_13, camera_19)
    with torch.autocast("cpu", torch.bfloat16):
        found = translation_of(position_13, camera_19), translation_of(position_13.bfloat16(), camera_19)
    for each in found:  # these numbers are whole in bfloat16
        assert each.dtype == torch.float32
        assert torch.equal(each, expected)


def test_points_are_seen_where_opencv_projects_to_distortion_included():
    rng = np.random.default_rng(3)
    quaternion_b4 = torch.tensor(rng.normal(size=(20, 4)))
    translation_b3 = np.array([0, 0, 6]) + rng.uniform(-1, 1, (20, 3))
    camera_b9 = torch.tensor(SPEED_PLUS.values).expand(20, 9)
    rotation_b33 = matrix_of(quaternion_b4)
    found = seen_at(torch.tensor(TANGO), rotation_b33, torch.tensor(translation_b3), camera_b9)
    for places_k2, rotation, translation in zip(found, rotation_b33.numpy(), translation_b3, strict=True):
        expected = SPEED_PLUS.project(TANGO @ rotation.T + translation)
        np.testing.assert_allclose(places_k2, expected, atol=2e-3)  # pixels of 1920


def test_points_in_shares_where_the_camera_is_in_shares_and_nothing_is_seen_behind_it():
    camera_b9 = torch.tensor([[2.0, 3.0, 0.5, 0.25, 0, 0, 0, 0, 0]])
    points_k3 = torch.tensor([[0.1, 0.2, 0.0], [0.0, 0.0, -5.0]])
    found = seen_at(points_k3, torch.eye(3)[None], torch.tensor([[0.0, 0.0, 4.0]]), camera_b9)
    np.testing.assert_allclose(found[0, 0], [2 * 0.1 / 4 + 0.5, 3 * 0.2 / 4 + 0.25], rtol=1e-6)
    assert found[0, 1].isnan().all()
