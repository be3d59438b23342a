import numpy as np
import pytest

from pipeline.scenes.background import add_stars, earth_radiance, fractal, sample
from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Earth


def earth(towards: tuple[float, float, float], degrees: float) -> Earth:
    unit = np.array(towards) / np.linalg.norm(towards)
    return Earth(unit, float(np.radians(degrees)), np.array([0.2, 0.7]), 0.4)


def test_the_limb_stands_at_the_angular_radius():
    camera = Camera(400)
    towards = (np.sin(np.radians(50)), 0, np.cos(np.radians(50)))
    _, opacity = earth_radiance(earth(towards, 45), np.array([0, 0, -1.0]), camera)
    limb = camera.project(np.array([[np.tan(np.radians(5)), 0, 1.0]]))[0, 0]  # 50 - 45 degrees right of the axis
    first = np.flatnonzero(opacity[200] > 0.5)[0]
    assert abs(first - limb) < 3
    assert opacity[200, : int(limb) - 60].max() < 0.05
    assert opacity[200, int(limb) + 6 :].min() > 0.99


def test_the_night_side_is_dark_and_the_day_side_bright():
    camera, whole = Camera(128), earth((0, 0, 1), 60)
    day, opacity = earth_radiance(whole, np.array([0, 0, -1.0]), camera)
    night, _ = earth_radiance(whole, np.array([0, 0, 1.0]), camera)
    assert opacity.min() == 1
    assert day.mean() > 0.1
    assert night.max() < 0.02


def test_noise_is_periodic():
    tile = fractal(1, 1.3)
    assert abs(tile.mean()) < 1e-4
    assert tile.std() == pytest.approx(1, abs=1e-3)
    u, v = np.array([[0.1, 0.5]], np.float32), np.array([[0.3, 0.9]], np.float32)
    assert np.allclose(sample(tile, u, v), sample(tile, u + 3, v - 2), atol=0.02)


def test_as_many_stars_as_asked():
    sky = np.zeros((256, 256, 3), np.float32)
    add_stars(sky, 50, np.random.default_rng(0))
    lit = (sky.max(axis=2) > 0.03).sum()
    assert 45 <= lit <= 50 * 5
