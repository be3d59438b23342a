import numpy as np
import pytest

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.craft import CLASSES, solids
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.mesh import SMOOTH, craft_mesh, spread_points
from pipeline.scenes.shapes import box, drum, panel
from tests.scenes.test_light import mesh_of


def test_the_official_classes_in_their_order():
    official = "VenusExpress,Cheops,LisaPathfinder,ObservationSat1,Proba2,Proba3,Proba3ocs,Smart1,Soho,XMM Newton"
    assert ",".join(CLASSES) == official


@pytest.mark.parametrize("name", CLASSES)
def test_every_craft_is_made_of_closed_solids_and_has_both_parts(name):
    for solid in solids(name):
        mesh = solid.mesh()
        assert mesh.is_watertight
        assert mesh.volume > 0
        assert {solid.material, solid.back} - {None} <= set(MATERIALS)
    mesh = craft_mesh(name)
    assert set(mesh.part) == {BODY, PANEL}
    for vectors in (mesh.normal, mesh.tangent, mesh.bitangent, mesh.corner_normals):
        assert np.allclose(np.linalg.norm(vectors, axis=-1), 1, atol=1e-4)
    assert np.allclose(np.einsum("ij,ij->i", mesh.normal, mesh.tangent), 0, atol=1e-5)
    assert np.einsum("ikj,ij->ik", mesh.corner_normals, mesh.normal).min() > np.cos(2 * SMOOTH)


@pytest.mark.parametrize(
    ("name", "longest_m"),
    # esa.int: across the wings of Venus Express about 8 m, of SMART-1 14 m, of SOHO 9.5 m, of XMM-Newton 16 m;
    # LISA Pathfinder 2.1 m across; Proba-3's occulting disc 1.4 m
    [("VenusExpress", 8.0), ("Smart1", 14.0), ("Soho", 9.5), ("XMM Newton", 16.0)],
)
def test_the_published_span(name, longest_m):
    assert np.ptp(craft_mesh(name).vertices, axis=0).max() == pytest.approx(longest_m, rel=0.03)


def test_the_nearer_part_is_hit_and_hit_points_lie_on_it():
    mesh = mesh_of(box((1, 1, 1), (0, 0, 0), "gold foil"), panel(1, 1, (0, 0, 2), "blue cells"))
    origins = np.array([[0.1, 0.2, 9.0], [0.1, 0.2, -9.0], [0.1, 0.2, 1.0], [3.0, 0.2, 9.0]])
    directions = np.array([[0, 0, -1.0], [0, 0, 1], [0, 0, 1], [0, 0, -1]])
    face = mesh.first_hit(origins, directions)
    assert mesh.part[face[:3]].tolist() == [PANEL, BODY, PANEL]
    assert face[3] == -1
    slant = np.array([[0.3, 0.1, -1.0]], np.float32)
    face = mesh.first_hit(np.array([[0, 0, -0.6]]), -slant)
    assert np.allclose(mesh.points(face, np.array([0, 0, -0.6]), -slant), [[-0.03, -0.01, -0.5]], atol=1e-5)


def test_the_back_of_a_panel_has_its_own_material():
    mesh = craft_mesh("VenusExpress")
    names = list(MATERIALS)
    backs = mesh.normal[(mesh.part == PANEL) & (mesh.material == names.index("carbon"))]
    fronts = mesh.normal[(mesh.part == PANEL) & (mesh.material == names.index("navy cells"))]
    assert len(backs)
    assert {tuple(row) for row in (-backs).round(3)} <= {tuple(row) for row in fronts.round(3)}


def test_flat_faces_are_surfaces_of_their_own_and_a_round_side_is_one():
    mesh = mesh_of(box((1, 2, 4), (0, 0, 0), "gold foil", turn=(10, 20, 30)))
    assert np.bincount(mesh.surface).tolist() == [2] * 6
    assert len(set(mesh_of(drum(1, 2, (0, 0, 0), "gold foil", sides=32)).surface)) == 3
    assert len(set(mesh_of(drum(1, 2, (0, 0, 0), "gold foil", sides=6)).surface)) == 8


def test_key_points_are_far_apart_vertices():
    corners = np.array([(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)], float)
    cloud = np.concatenate([np.random.default_rng(0).uniform(0.4, 0.6, (500, 3)) * (1, 1, 0), corners])
    assert {tuple(p) for p in spread_points(cloud, 4)} == {tuple(p) for p in corners}
    mesh = craft_mesh("Soho")
    assert mesh.key_points.shape == (12, 3)
    distance = np.linalg.norm(mesh.key_points[:, None] - mesh.key_points[None], axis=2)
    assert distance[~np.eye(12, dtype=bool)].min() > 0.5
    assert (np.linalg.norm(mesh.vertices[:, None] - mesh.key_points[None], axis=2).min(axis=0) == 0).all()
