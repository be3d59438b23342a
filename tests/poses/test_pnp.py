import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.poses.camera import SPEED, SPEED_PLUS
from pipeline.poses.key_points import TANGO, heat_maps, peaks
from pipeline.poses.pnp import pose_of

SIZE = np.array([SPEED_PLUS.width, SPEED_PLUS.height])
ALL = np.ones(11)


def random_pose(rng, camera=SPEED_PLUS, metres=(3, 10)):
    """Rotation, translation and pixels of a Tango whose key points are all in the image."""
    while True:
        rotation, depth = Rotation.from_quat(rng.normal(size=4)), rng.uniform(*metres)
        aside = (rng.uniform(0.25, 0.75, 2) * SIZE - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
        translation = np.array([*aside, 1]) * depth
        pixels = camera.project(rotation.apply(TANGO) + translation)
        if ((pixels > 0) & (pixels < SIZE)).all():
            return rotation, translation, pixels


def errors(found, rotation, translation):
    """Degrees, and per cent of the range."""
    quaternion, place = found
    angle = 2 * np.arccos(min(abs(quaternion @ rotation.as_quat(scalar_first=True)), 1))
    return np.degrees(angle), 100 * np.linalg.norm(place - translation) / np.linalg.norm(translation)


def medians(seed, spoil, count=200):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        rotation, translation, pixels = random_pose(rng)
        found.append(errors(pose_of(spoil(pixels, rng), ALL, TANGO, SPEED_PLUS), rotation, translation))
    return np.median(found, axis=0)


def noisy(pixels, rng):
    return pixels + rng.normal(0, 2, pixels.shape)


def with_three_wrong(pixels, rng):
    spoilt = noisy(pixels, rng)
    spoilt[rng.choice(11, 3, replace=False)] = rng.uniform(0, 1, (3, 2)) * SIZE
    return spoilt


@pytest.mark.parametrize("camera", [SPEED_PLUS, SPEED])
def test_exact_points_give_the_exact_pose(camera):
    rng = np.random.default_rng(0)
    for _ in range(20):
        rotation, translation, pixels = random_pose(rng, camera)
        quaternion, place = pose_of(pixels, ALL, TANGO, camera)
        assert quaternion[0] >= 0
        assert np.linalg.norm(quaternion) == pytest.approx(1)
        assert np.abs(Rotation.from_quat(quaternion, scalar_first=True).as_matrix() - rotation.as_matrix()).max() < 1e-5
        assert np.abs(place - translation).max() < 1e-4


def test_two_pixels_of_noise_cost_a_third_of_a_degree():
    degrees, percent = medians(1, noisy)
    assert 0.25 < degrees < 0.40
    assert 0.12 < percent < 0.26


def test_three_wrong_points_of_eleven_cost_little_more():
    degrees, percent = medians(2, with_three_wrong)
    assert degrees < 0.50
    assert percent < 0.33


def test_true_heat_maps_give_the_pose():
    """What is lost by heat maps of 128 x 128 pixels, sigma 2, by itself."""
    rng = np.random.default_rng(3)
    poses = [random_pose(rng) for _ in range(300)]
    shares = torch.tensor(np.array([pixels for _, _, pixels in poses]) / SIZE)
    found = []
    for (rotation, translation, _), shares_k2 in zip(poses, shares, strict=True):
        places, scores = peaks(heat_maps(shares_k2[None], 128, 128, 2.0)[0].numpy())
        found.append(errors(pose_of(places * SIZE, scores, TANGO, SPEED_PLUS), rotation, translation))
    assert (np.median(found, axis=0) < 1e-3).all()
    assert (np.max(found, axis=0) < 0.5).all()  # of points at the border, whose pixel stays


def test_points_of_low_score_do_not_count_unless_they_are_needed():
    rotation, translation, pixels = random_pose(np.random.default_rng(4))
    pixels[6:] += 400
    sure_of_six = np.where(np.arange(11) < 6, 0.9, 0.5)
    assert max(errors(pose_of(pixels, sure_of_six, TANGO, SPEED_PLUS), rotation, translation)) < 1e-2
    best_five = np.array([0.3, 0.2, 0.9, 0.25, 0.8, 0.1, *[0.05] * 5])
    assert max(errors(pose_of(pixels, best_five, TANGO, SPEED_PLUS), rotation, translation)) < 1e-2


def test_four_points_are_enough_and_three_are_not():
    rotation, translation, pixels = random_pose(np.random.default_rng(5))
    kept = np.isin(np.arange(11), [0, 2, 5, 9])
    assert max(errors(pose_of(pixels, kept * 0.9, TANGO, SPEED_PLUS), rotation, translation)) < 1e-2
    hidden = np.where(kept[:, None], pixels, np.nan)
    assert max(errors(pose_of(hidden, ALL, TANGO, SPEED_PLUS), rotation, translation)) < 1e-2
    kept[9] = False
    assert pose_of(pixels, kept * 0.9, TANGO, SPEED_PLUS) is None
    assert pose_of(pixels, np.zeros(11), TANGO, SPEED_PLUS) is None
    assert pose_of(pixels, np.full(11, np.nan), TANGO, SPEED_PLUS) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 11), st.sampled_from([1.0, 30.0, 1e3, 1e7]))
def test_whatever_is_found_a_pose_is_finite_and_in_front_of_the_camera(seed, same, spread):
    rng = np.random.default_rng(seed)
    pixels = rng.normal(0, spread, (11, 2)) + rng.uniform(0, 1, 2) * SIZE
    pixels[:same] = pixels[0]
    found = pose_of(pixels, rng.random(11), TANGO, SPEED_PLUS)
    if found is not None:
        quaternion, translation = found
        assert np.linalg.norm(quaternion) == pytest.approx(1)
        assert np.isfinite(translation).all()
        assert translation[2] > 0


@pytest.mark.parametrize("pixels", [np.full((11, 2), 700.0), np.linspace([100, 100], [800, 600], 11)])
def test_points_in_one_place_or_in_line_are_no_crash(pixels):
    found = pose_of(pixels, ALL, TANGO, SPEED_PLUS)
    assert found is None or np.isfinite(np.concatenate(found)).all()
    assert pose_of(pixels, ALL, np.zeros((11, 3)), SPEED_PLUS) is None


def test_the_same_points_give_the_same_pose():
    rng = np.random.default_rng(6)
    _, _, pixels = random_pose(rng)
    pixels = with_three_wrong(pixels, rng)
    first = np.concatenate(pose_of(pixels, ALL, TANGO, SPEED_PLUS))
    for seed in range(5):
        cv2.setRNGSeed(seed)
        random_pose(rng)
        assert np.array_equal(np.concatenate(pose_of(pixels, ALL, TANGO, SPEED_PLUS)), first)


def test_what_is_given_is_not_changed():
    _, _, pixels = random_pose(np.random.default_rng(7))
    given_pixels, given_points = pixels.copy(), TANGO.copy()
    pose_of(pixels, ALL, TANGO, SPEED_PLUS)
    assert np.array_equal(pixels, given_pixels)
    assert np.array_equal(TANGO, given_points)
