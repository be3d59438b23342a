import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from scipy.spatial.transform import Rotation

from pipeline.poses.rotations import angle_between, matrix_of, matrix_of_6d, quaternion_of

numbers = st.floats(-100, 100, width=32)
quaternions = of_numpy.arrays(np.float64, (5, 4), elements=st.floats(-1, 1)).filter(
    lambda q: np.linalg.norm(q, axis=1).min() > 1e-3
)
HALF_TURNS = torch.tensor([[0.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0.6, 0.8, 0], [0, 0.6, 0, -0.8]])


@given(of_numpy.arrays(np.float32, (4, 6), elements=numbers))
def test_any_six_numbers_are_a_rotation(six):
    matrix = matrix_of_6d(torch.from_numpy(six))
    assert matrix.dtype == torch.float32
    assert torch.allclose(matrix.mT @ matrix, torch.eye(3).expand(4, 3, 3), atol=2e-6)
    assert torch.allclose(matrix.det(), torch.ones(4), atol=2e-6)


@given(quaternions, st.floats(0.1, 50), st.floats(-50, 50), st.floats(0.1, 50))
def test_six_numbers_are_the_first_two_columns_whatever_their_length_and_lean(quaternion, length, lean, other):
    matrix = matrix_of(torch.from_numpy(quaternion))
    first, second = matrix[..., 0], matrix[..., 1]
    six = torch.cat([length * first, lean * first + other * second], -1)
    assert torch.allclose(matrix_of_6d(six), matrix, atol=1e-9)


@pytest.mark.parametrize("six", [[0.0] * 6, [1, 2, 3, 2, 4, 6], [1, 2, 3, 1, 2, 3.0001], [0, 0, 0, 1, 0, 0]])
def test_vectors_that_say_nothing_leave_gradients_finite(six):
    six = torch.tensor(six, dtype=torch.float32).requires_grad_()
    matrix = matrix_of_6d(six)
    assert torch.allclose(matrix.mT @ matrix, torch.eye(3), atol=2e-6)
    matrix[0, 1].backward()
    assert six.grad.isfinite().all()


@given(quaternions)
def test_matrices_are_those_of_scipy_and_lead_back(quaternion):
    expected = Rotation.from_quat(quaternion, scalar_first=True)
    matrix = matrix_of(torch.from_numpy(quaternion))
    assert np.allclose(matrix, expected.as_matrix(), atol=1e-12)
    back = quaternion_of(matrix)
    assert (back[:, 0] >= 0).all()
    unit = quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True)
    assert np.allclose(abs((back.numpy() * unit).sum(1)), 1, atol=1e-12)


def test_a_quarter_turn_about_z_takes_x_to_y():
    half = math.sqrt(0.5)
    turned = matrix_of(torch.tensor([half, 0, 0, half])) @ torch.tensor([1.0, 0, 0])
    assert torch.allclose(turned, torch.tensor([0.0, 1, 0]), atol=1e-6)


def test_half_turns_lead_back():
    back = quaternion_of(matrix_of(HALF_TURNS))
    assert torch.allclose((back * HALF_TURNS).sum(-1).abs(), torch.ones(5))
    assert (back[:, 0] >= 0).all()


@given(quaternions, quaternions)
def test_the_angle_is_that_of_the_published_score(one, other):
    one, other = (torch.from_numpy(q / np.linalg.norm(q, axis=1, keepdims=True)) for q in (one, other))
    expected = 2 * torch.arccos((one * other).sum(-1).abs().clamp(max=1))
    assert torch.allclose(angle_between(matrix_of(one), matrix_of(other)), expected, atol=1e-6)


@pytest.mark.parametrize("radians", [0.0, 1e-5, 1e-3, 1.0, math.pi - 1e-3, math.pi - 1e-5, math.pi])
def test_small_angles_and_half_turns_are_exact_in_float32(radians):
    axis = torch.tensor([0.48, -0.6, 0.64])
    turn = torch.cat([torch.tensor([math.cos(radians / 2)]), math.sin(radians / 2) * axis])
    start = matrix_of(torch.tensor([0.5, -0.1, 0.7, 0.3]))
    assert angle_between(matrix_of(turn) @ start, start).item() == pytest.approx(radians, abs=1e-6)


@pytest.mark.parametrize("turn", [torch.tensor([1.0, 0, 0, 0]), *HALF_TURNS, torch.tensor([1.0, 1e-4, 0, 0])])
def test_gradients_are_finite_where_arccos_has_none(turn):
    six = torch.tensor([1.0, 0, 0, 0, 1, 0]).requires_grad_()
    angle_between(matrix_of_6d(six), matrix_of(turn)).backward()
    assert six.grad.isfinite().all()
    assert six.grad.norm() < 2


def test_gradients_are_right():
    six = torch.tensor([[1.0, 0.2, -0.3, 0.1, 0.8, 0.4]], dtype=torch.float64, requires_grad=True)
    truth = matrix_of(torch.tensor([[0.3, 0.5, -0.2, 0.6]], dtype=torch.float64))
    assert torch.autograd.gradcheck(lambda it: angle_between(matrix_of_6d(it), truth), six)
    assert torch.autograd.gradcheck(lambda it: quaternion_of(matrix_of_6d(it)), six)


def test_autocast_changes_nothing():
    six, quaternion = torch.randn(50, 6, generator=torch.manual_seed(0)), torch.randn(50, 4)
    plain = angle_between(matrix_of_6d(six), matrix_of(quaternion)), quaternion_of(matrix_of_6d(six))
    with torch.autocast("cpu", torch.bfloat16):
        cast = angle_between(matrix_of_6d(six), matrix_of(quaternion)), quaternion_of(matrix_of_6d(six))
    assert torch.equal(plain[0], cast[0])
    assert torch.equal(plain[1], cast[1])
    assert matrix_of_6d(six.bfloat16()).dtype == torch.float32
