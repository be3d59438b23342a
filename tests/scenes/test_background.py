import numpy as np
import pytest

from pipeline.scenes.background import add_stars, craters, fractal, globe_radiance, sample
from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Globe

FOV = 43.6


def globe(towards: tuple[float, float, float], degrees: float, kind: str = "earth") -> Globe:
    unit = np.array(towards) / np.linalg.norm(towards)
    return Globe(kind, unit, float(np.radians(degrees)), np.array([0.5, 0.7]), 0.2)


@pytest.mark.parametrize("kind", ["earth", "moon"])
def test_the_limb_stands_at_the_angular_radius(kind):
    camera = Camera(400, FOV)
    towards = (np.sin(np.radians(50)), 0, np.cos(np.radians(50)))
    _, opacity = globe_radiance(globe(towards, 45, kind), np.array([0, 0, -1.0]), camera)
    limb = camera.project(np.array([[np.tan(np.radians(5)), 0, 1.0]]))[0, 0]  # 50 - 45 degrees right of the axis
    first = np.flatnonzero(opacity[200] > 0.5)[0]
    assert abs(first - limb) < 3
    assert opacity[200, : int(limb) - 60].max() < 0.05
    assert opacity[200, int(limb) + 6 :].min() > 0.99


def test_the_night_side_is_dark_and_the_day_side_bright():
    camera, whole = Camera(128, FOV), globe((0, 0, 1), 60)
    day, opacity = globe_radiance(whole, np.array([0, 0, -1.0]), camera)
    night, _ = globe_radiance(whole, np.array([0, 0, 1.0]), camera)
    assert opacity.min() == 1
    assert day.mean() > 0.1
    assert np.median(night) < 0.02
    assert 0.02 < night.max() < 0.2  # city lights


def test_the_moon_is_grey_and_shows_its_phase():
    camera, moon = Camera(256, FOV), globe((0, 0, 1), 10, "moon")
    quarter, opacity = globe_radiance(moon, np.array([1.0, 0, 0]), camera)
    right, left = quarter[:, 128:].sum(), quarter[:, :128].sum()
    assert right > 50 * left
    lit = quarter[quarter.max(axis=2) > 0.02]
    assert np.ptp(lit, axis=1).max() / lit.max() < 0.2
    disc = np.pi * (np.sin(np.radians(10)) * camera.focal_px) ** 2
    assert opacity.sum() == pytest.approx(disc, rel=0.05)
    assert craters().std() > 0.05


def test_noise_is_periodic():
    tile = fractal(1, 1.3)
    assert abs(tile.mean()) < 1e-4
    assert tile.std() == pytest.approx(1, abs=1e-3)
    u, v = np.array([[0.1, 0.5]], np.float32), np.array([[0.3, 0.9]], np.float32)
    assert np.allclose(sample(tile, u, v), sample(tile, u + 3, v - 2), atol=0.02)


def test_as_many_stars_as_asked():
    sky = np.zeros((1024, 1024, 3), np.float32)
    add_stars(sky, 50, np.random.default_rng(0))
    lit = (sky.max(axis=2) > 0.03 / 16).sum()
    assert 45 <= lit <= 50 * 5


def test_stars_give_as_much_light_in_pictures_of_any_size():
    mean = {}
    for size in (64, 256, 1024):
        sky = np.zeros((size, size, 3), np.float32)
        add_stars(sky, 5000, np.random.default_rng(0))  # many share a pixel of the smallest
        mean[size] = sky.mean(dtype=float)
    assert mean[64] == pytest.approx(mean[1024], rel=1e-3)
    assert mean[256] == pytest.approx(mean[1024], rel=1e-3)
