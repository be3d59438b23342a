import numpy as np
import pytest

from pipeline.scenes.light import Lights, shade
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.mesh import CraftMesh, Piece, build
from pipeline.scenes.shapes import Solid, box, drum, panel

PLATE = box((2, 2, 0.1), (0, 0, 0), "white paint")
ROOF = box((0.5, 0.5, 0.1), (0, 0, 1), "white paint")
WHITE = np.array((0.82, 0.82, 0.80))


def mesh_of(*solids: Solid) -> CraftMesh:
    names = list(MATERIALS)
    pieces = []
    for solid in solids:
        mesh = solid.mesh()
        pieces.append(Piece(mesh, solid.panel, np.full(len(mesh.faces), names.index(solid.material)), np.eye(3)))
    return build(pieces, tuple(MATERIALS.values()))


def lights(sun, fill=(0, 0, 0), globe=(0, 0, 0), globe_from=(0, 0, 1), globe_cos=2.0) -> Lights:
    sun = np.array(sun, np.float32) / np.float32(np.linalg.norm(sun))
    return Lights(sun, np.float32(fill), np.float32(globe_from), np.float32(globe), globe_cos)


def radiance(mesh: CraftMesh, x: float, light: Lights, eye=(0, -1, 0.05)) -> np.ndarray:
    """What leaves the plate's upper side at (x, 0.05), seen from low along -y unless told, away from any highlight."""
    point = np.array([[x, 0.05, 0.05]], np.float32)
    face = mesh.first_hit(np.array([[x, 0.05, 0.15]]), np.array([[0, 0, -1.0]]))
    eye = np.array([eye], np.float32) / np.float32(np.linalg.norm(eye))
    return shade(mesh, face, point, eye, light, 0.001)[0]


@pytest.mark.parametrize("degrees", [0, 30, 60])
def test_lambert(degrees):
    tilt = np.radians(degrees)
    light = radiance(mesh_of(PLATE), 0.5, lights((0, -np.sin(tilt), np.cos(tilt))))
    assert np.allclose(light, WHITE * np.cos(tilt), atol=0.03)


def test_a_roof_casts_a_shadow_and_only_there():
    mesh = mesh_of(PLATE, ROOF)
    assert radiance(mesh, 0.0, lights((0, 0, 1))).max() == 0
    assert radiance(mesh, 0.6, lights((0, 0, 1))).min() > 0.7
    assert radiance(mesh, -0.5, lights((1, 0, 2))).max() == 0  # slanting sun moves the shadow
    assert radiance(mesh, 0.0, lights((1, 0, 2))).min() > 0.6


def test_a_face_turned_from_the_sun_has_the_fill_alone():
    fill = np.array([0.01, 0.02, 0.04])
    light = radiance(mesh_of(PLATE), 0.5, lights((0, 0, -1), fill))
    assert np.allclose(light, WHITE * fill, atol=0.002)


def test_cells_go_from_black_to_mirror():
    mesh = mesh_of(panel(2, 2, (0, 0, 0.0375), "navy cells"))
    above = (0, 0, 1)
    assert radiance(mesh, 0.05, lights(above), above).min() > 1
    assert radiance(mesh, 0.05, lights((0.8, 0, 0.6)), above).max() < 0.1


def test_shiny_faces_mirror_earth_where_the_mirrored_ray_meets_it():
    mesh = mesh_of(panel(2, 2, (0, 0, 0.0375), "navy cells"))
    dark = (0, 0, -1)
    earth = {"globe": (0.2, 0.3, 0.4), "globe_from": (0, 0.8, 0.6), "globe_cos": np.cos(0.5)}
    seen = radiance(mesh, 0.05, lights(dark, **earth), (0, -0.8, 0.6))
    missed = radiance(mesh, 0.05, lights(dark, **earth), (0, 0.8, 0.6))
    assert seen.min() > 0.01
    assert np.argmax(seen) == 2
    assert missed.max() == 0


def test_faces_that_are_inside_out_look_the_same():
    turned = mesh_of(PLATE)
    inside_out = PLATE.mesh()
    inside_out.invert()
    white = list(MATERIALS).index("white paint")
    inverted = build([Piece(inside_out, False, np.full(12, white), np.eye(3))], tuple(MATERIALS.values()))
    sun = lights((0.3, -0.2, 1), (0.01, 0.01, 0.01))
    assert np.allclose(radiance(turned, 0.4, sun), radiance(inverted, 0.4, sun), atol=1e-4)


def test_a_drum_is_shaded_as_round():
    """Between two edges of a drum's side, Lambert's law follows the circle, not the facets."""
    mesh = mesh_of(drum(1.0, 2.0, (0, 0, 0), "white paint", sides=16))
    angles = np.radians(np.arange(-60, 61, 3))
    origins = np.stack([2 * np.cos(angles), 2 * np.sin(angles), np.full_like(angles, 0.1)], 1)
    face = mesh.first_hit(origins, -origins * (1, 1, 0))
    points = np.stack([mesh.points(f[None], o, -(o * (1, 1, 0))[None])[0] for f, o in zip(face, origins, strict=True)])
    eye = np.broadcast_to(np.array([0, 0, 1], np.float32), points.shape)
    light = shade(mesh, face, points, eye, lights((1, 0, 0)), 0.001)[:, 0]
    assert np.abs(light - 0.82 * np.cos(angles)).max() < 0.05
    faceted = 0.82 * np.cos(np.round(angles / np.radians(22.5)) * np.radians(22.5))
    assert np.abs(faceted - 0.82 * np.cos(angles)).max() > 0.1  # so the bound above tells the two apart
