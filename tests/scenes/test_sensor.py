from dataclasses import replace

import numpy as np
import pytest

from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Optics
from pipeline.scenes.sensor import GAMMA, add_glare, expose, motion_kernel

SIZE = 128
CLEAN = Optics(1.0, np.zeros(3, np.float32), 0.0, 1e12, 0.0, (0.0, 0.0), 0.0)


def picture(light: np.ndarray, **optics) -> np.ndarray:
    """What the sensor makes of a linear picture, as linear light again, (S, S, 3)."""
    levels = expose(light.astype(np.float32), replace(CLEAN, **optics), np.random.default_rng(0))
    return (levels / 255.0) ** 2.2


def flat(value: float) -> np.ndarray:
    return np.full((SIZE, SIZE, 3), value)


def spot(value: float, half: int = 0) -> np.ndarray:
    light = flat(0.0)
    middle = SIZE // 2
    light[middle - half : middle + half + 1, middle - half : middle + half + 1] = value
    return light


def moments(light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centroid (x, y) from the middle pixel, and covariance, of the green light."""
    weight = light[..., 1] / light[..., 1].sum()
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    place = np.stack([columns.ravel(), rows.ravel()])
    centroid = place @ weight.ravel()
    return centroid, np.cov(place, aweights=weight.ravel(), ddof=0)


def test_display_values_are_gamma_2_2():
    assert GAMMA == 2.2
    for value in (0.01, 0.2, 0.5, 1.0):
        assert picture(flat(value)).mean() == pytest.approx(value, abs=0.006)


def test_stray_light_is_added_everywhere():
    veil = np.array([0.02, 0.03, 0.04], np.float32)
    assert picture(flat(0.1), veil=veil)[5, 5] == pytest.approx(0.1 + veil, abs=0.004)


@pytest.mark.parametrize("length", [2.0, 3.0, 6.0, 9.0, 18.0])
@pytest.mark.parametrize("degrees", range(0, 180, 30))
def test_motion_blurs_along_its_direction_and_moves_nothing(length, degrees):
    """A line of length L has variance L^2 / 12 along itself; splatting on pixels adds less than a quarter of one."""
    angle = np.radians(degrees)
    kernel = motion_kernel(length * np.cos(angle), length * np.sin(angle))
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    side = len(kernel) // 2
    rows, columns = np.mgrid[-side : side + 1, -side : side + 1]
    place = np.stack([columns.ravel(), rows.ravel()])
    assert np.abs(place @ kernel.ravel()).max() < 0.01
    spread = (place * kernel.ravel()) @ place.T
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    assert along @ spread @ along == pytest.approx(length**2 / 12, abs=0.26)
    assert across @ spread @ across < 0.26
    assert abs(across @ spread @ along) < 0.13


def test_motion_reaches_the_picture():
    centroid, spread = moments(picture(spot(1.0, 2), motion_px=(9.0, 0.0)))
    _, still = moments(picture(spot(1.0, 2)))
    assert np.abs(centroid).max() < 0.05
    assert spread[0, 0] - still[0, 0] == pytest.approx(81 / 12, rel=0.1)
    assert spread[1, 1] == pytest.approx(still[1, 1], rel=0.05)


def test_focus_blur_has_the_deviation_asked():
    centroid, spread = moments(picture(spot(1.0, 4), focus_px=3.0))
    _, still = moments(picture(spot(1.0, 4)))
    assert np.abs(centroid).max() < 0.05
    assert np.diag(spread - still) == pytest.approx([9, 9], rel=0.1)


def test_bloom_comes_from_highlights_alone():
    assert picture(spot(1.0, 8), bloom=0.1)[10, 10].max() == 0
    bloomed = picture(spot(5.0, 8), bloom=0.1)
    beside = bloomed[SIZE // 2, SIZE // 2 + 16, 1]
    assert beside > 0.01
    assert beside > 2 * bloomed[SIZE // 2, SIZE // 2 + 40, 1]
    assert picture(spot(5.0, 8), bloom=0.2)[SIZE // 2, SIZE // 2 + 16, 1] > 1.5 * beside


def test_shot_noise_grows_with_the_light_and_read_noise_does_not():
    def deviation(value: float, **optics) -> float:
        return float(picture(flat(value), **optics)[..., 1].std())

    for value in (0.1, 0.4):
        assert deviation(value, electrons=1000.0) == pytest.approx(np.sqrt(value / 1000), rel=0.05)
        assert deviation(value, read_noise=0.02) == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("sun", [(0.0, 0.0, 1.0), (0.2, 0.0, 1.0), (-0.1, 0.25, 1.0)])
def test_the_glare_stands_where_the_sun_does(sun):
    camera, light = Camera(SIZE, 43.6), flat(0.0).astype(np.float32)
    direction = np.array(sun) / np.linalg.norm(sun)
    add_glare(light, direction, camera, 1.0)
    row, column = np.unravel_index(light[..., 1].argmax(), (SIZE, SIZE))
    assert np.abs([column + 0.5, row + 0.5] - camera.project(direction[None])[0]).max() < 4
    weaker = np.zeros_like(light)
    add_glare(weaker, direction, camera, 0.05)
    assert weaker.max() == pytest.approx(0.05 * light.max(), rel=1e-4)


def test_a_grey_sensor_takes_the_mean_of_the_channels():
    light = flat(0.0)
    light[..., 0], light[..., 1] = 0.6, 0.3
    seen = picture(light, grey=True, veil=np.array((0.0, 0.1, 0.2), np.float32))
    assert seen.shape == (SIZE, SIZE)
    assert np.allclose(seen, 0.3 + 0.1, atol=0.01)
    noise = picture(flat(0.3), grey=True, read_noise=0.02).std()
    assert noise == pytest.approx(0.02, rel=0.1)  # of one channel, not of the mean of three
