import numpy as np
import pytest

from pipeline.scenes.craft import Primitive
from pipeline.scenes.light import shade
from pipeline.scenes.mesh import CraftMesh, build

PLATE = Primitive((2, 2, 0.1), (0, 0, 0), "white paint")
ROOF = Primitive((0.5, 0.5, 0.1), (0, 0, 1), "white paint")
NO_FILL = np.zeros(3, np.float32)


def radiance(mesh: CraftMesh, x: float, sun: tuple[float, float, float], fill: np.ndarray = NO_FILL) -> np.ndarray:
    """What leaves the plate's upper side at (x, 0), seen from low along -y, away from any highlight."""
    point = np.array([[x, 0, 0.05]], np.float32)
    face = mesh.first_hit(np.array([[x, 0, 0.15]]), np.array([[0, 0, -1.0]]))
    towards = np.array(sun, np.float32) / np.linalg.norm(sun).astype(np.float32)
    eye = np.array([[0, -1, 0.05]], np.float32)
    return shade(mesh, face, point, eye, towards, fill, np.array([0, 0, 1], np.float32), 0.001)[0]


@pytest.mark.parametrize("degrees", [0, 30, 60])
def test_lambert(degrees):
    tilt = np.radians(degrees)
    light = radiance(build([PLATE]), 0.5, (0, -np.sin(tilt), np.cos(tilt)))
    assert np.allclose(light, np.array([0.82, 0.82, 0.80]) * np.cos(tilt), atol=0.03)


def test_a_roof_casts_a_shadow_and_only_there():
    mesh = build([PLATE, ROOF])
    assert radiance(mesh, 0.0, (0, 0, 1)).max() == 0
    assert radiance(mesh, 0.6, (0, 0, 1)).min() > 0.7
    assert radiance(mesh, -0.5, (1, 0, 2)).max() == 0  # slanting sun moves the shadow
    assert radiance(mesh, 0.0, (1, 0, 2)).min() > 0.6


def test_a_face_turned_from_the_sun_has_the_fill_alone():
    fill = np.array([0.01, 0.02, 0.04], np.float32)
    light = radiance(build([PLATE]), 0.5, (0, 0, -1), fill)
    assert np.allclose(light, np.array([0.82, 0.82, 0.80]) * fill, atol=0.002)


def test_cells_mirror_the_sun_beyond_saturation():
    mesh = build([Primitive((2, 2, 0.1), (0, 0, 0), "blue cells", panel=True)])
    point, down = np.array([[0.03, 0.02, 0.05]], np.float32), np.array([[0, 0, -1.0]])
    face = mesh.first_hit(point - 0.1 * down, down)
    up = np.array([0, 0, 1], np.float32)
    assert shade(mesh, face, point, up[None], up, NO_FILL, up, 0.001).min() > 1
    slanted = np.array([0.8, 0, 0.6], np.float32)
    assert shade(mesh, face, point, up[None], slanted, NO_FILL, up, 0.001).max() < 0.3
