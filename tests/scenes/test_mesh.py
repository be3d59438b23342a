import numpy as np
import pytest

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.craft import CLASSES, CRAFT, Primitive
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.mesh import build, solid


def test_the_official_classes_in_their_order():
    official = "VenusExpress,Cheops,LisaPathfinder,ObservationSat1,Proba2,Proba3,Proba3ocs,Smart1,Soho,XMM Newton"
    assert ",".join(CLASSES) == official
    assert list(CRAFT) == list(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_every_craft_is_made_of_closed_convex_solids_and_has_both_parts(name):
    for primitive in CRAFT[name]:
        mesh, _ = solid(primitive)
        assert mesh.is_watertight
        assert mesh.is_convex
        assert mesh.volume > 0
        assert primitive.material in MATERIALS
    mesh = build(CRAFT[name])
    assert set(mesh.part) == {BODY, PANEL}
    assert np.allclose(np.einsum("ij,ij->i", mesh.normal, mesh.tangent), 0, atol=1e-5)
    assert np.allclose(np.linalg.norm(mesh.tangent, axis=1), 1, atol=1e-5)


def test_the_nearer_part_is_hit_and_the_back_has_its_own_material():
    panel = Primitive((1, 1, 0.1), (0, 0, 2), "blue cells", panel=True, back="carbon")
    mesh = build([Primitive((1, 1, 1), (0, 0, 0), "gold foil"), panel])
    origins = np.array([[0.1, 0.2, 9.0], [0.1, 0.2, -9.0], [0.1, 0.2, 1.0], [3.0, 0.2, 9.0]])
    directions = np.array([[0, 0, -1.0], [0, 0, 1], [0, 0, 1], [0, 0, -1]])
    face = mesh.first_hit(origins, directions)
    assert mesh.part[face[:3]].tolist() == [PANEL, BODY, PANEL]
    assert [list(MATERIALS)[m] for m in mesh.material[face[:3]]] == ["blue cells", "gold foil", "carbon"]
    assert face[3] == -1


def test_hit_points_lie_where_the_ray_meets_the_face():
    mesh = build([Primitive((1, 2, 4), (0, 0, 0), "gold foil")])
    direction = np.array([[0.3, 0.1, -1.0]], np.float32)
    face = mesh.first_hit(np.array([[0, 0, 3.0]]), direction)
    assert np.allclose(mesh.points(face, np.array([0, 0, 3.0]), direction), [[0.3, 0.1, 2.0]], atol=1e-5)


def test_one_flat_face_is_one_surface():
    mesh = build([Primitive((1, 2, 4), (0, 0, 0), "gold foil", turn=(10, 20, 30))])
    assert len(mesh.surface) == 12
    assert np.bincount(mesh.surface).tolist() == [2] * 6
