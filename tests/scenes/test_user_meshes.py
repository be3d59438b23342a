import numpy as np
import pytest
import trimesh
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.errors import UserError
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.user_meshes import class_names, fingerprint, load_craft


def coloured(mesh, name, factor):
    mesh.visual = TextureVisuals(material=PBRMaterial(name=name, baseColorFactor=factor, roughnessFactor=0.5))
    return mesh


@pytest.fixture
def satellite(tmp_path):
    """A GLB: a 1 x 2 x 3 m bus, and a 4 x 1 x 0.1 m wing that its node puts at y = 5."""
    scene = trimesh.Scene()
    scene.add_geometry(coloured(trimesh.creation.box((1, 2, 3)), "mli", [1.0, 0.5, 0.25, 1.0]), node_name="bus")
    wing = coloured(trimesh.creation.box((4, 1, 0.1)), "blue", [0.0, 0.0, 1.0, 1.0])
    scene.add_geometry(wing, node_name="solar_wing", transform=trimesh.transformations.translation_matrix((0, 5, 0)))
    (tmp_path / "My Craft").mkdir()
    scene.export(tmp_path / "My Craft" / "craft.glb")
    return tmp_path


def area(craft, part):
    a, b, c = np.moveaxis(craft.triangles[craft.part == part], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def test_a_glb_with_its_nodes_in_place(satellite):
    craft = load_craft(satellite, "My Craft")
    assert area(craft, BODY) == pytest.approx(2 * (2 + 6 + 3), rel=1e-5)
    assert area(craft, PANEL) == pytest.approx(2 * (4 + 0.4 + 0.1), rel=1e-5)
    wing = craft.triangles[craft.part == PANEL].reshape(-1, 3)
    assert np.allclose([wing.min(0), wing.max(0)], [(-2, 4.5, -0.05), (2, 5.5, 0.05)], atol=1e-6)
    bus = craft.materials[craft.material[craft.part == BODY][0]]
    assert bus.albedo == pytest.approx((0.95, 0.5, 0.25), abs=0.01)  # a glTF factor is linear already
    assert craft.materials[craft.material[craft.part == PANEL][0]] == MATERIALS["navy cells"]


def test_units_and_surfaces_from_parts_yaml(satellite):
    (satellite / "parts.yaml").write_text("metres: 0.01\nmaterials:\n  MLI|foil: gold foil\n  blue: brown cells\n")
    craft = load_craft(satellite, "My Craft")
    assert np.ptp(craft.vertices, axis=0) == pytest.approx([0.04, 0.065, 0.03], rel=1e-4)
    assert [craft.materials[craft.material[craft.part == part][0]] for part in (BODY, PANEL)] == [
        MATERIALS["gold foil"],
        MATERIALS["brown cells"],
    ]


def test_what_matches_neither_part_is_left_out(satellite):
    trimesh.creation.icosphere().export(satellite / "My Craft" / "lamp.stl")
    (satellite / "parts.yaml").write_text("body: bus\n")
    assert (load_craft(satellite, "My Craft").part == BODY).sum() == 12


def test_stl_parts_by_file_name(tmp_path):
    (tmp_path / "Soho").mkdir()
    trimesh.creation.box((2, 2, 2)).export(tmp_path / "Soho" / "bus.stl")
    trimesh.creation.box((1, 1, 0.5)).export(tmp_path / "Soho" / "Solar_left.STL", file_type="stl")
    craft = load_craft(tmp_path, "Soho")
    assert (area(craft, BODY), area(craft, PANEL)) == pytest.approx((24, 4))
    assert craft.materials[craft.material[craft.part == BODY][0]] == MATERIALS["grey paint"]
    assert len(set(craft.surface[craft.part == BODY])) == 6


def test_obj_parts_by_material_name(tmp_path):
    (tmp_path / "Soho").mkdir()
    (tmp_path / "Soho" / "m.mtl").write_text("newmtl skin\nKd 1 0 0\nnewmtl cells\nKd 0 0 1\n")
    (tmp_path / "Soho" / "c.obj").write_text(
        "mtllib m.mtl\nv 0 0 0\nv 2 0 0\nv 2 2 0\nv 0 2 0\nv 5 0 0\nv 6 0 0\nv 6 1 0\n"
        "usemtl skin\nf 1 2 3\nf 1 3 4\nusemtl cells\nf 5 6 7\n"
    )
    craft = load_craft(tmp_path, "Soho")
    assert (area(craft, BODY), area(craft, PANEL)) == pytest.approx((4, 0.5))
    assert craft.materials[craft.material[craft.part == BODY][0]].albedo == pytest.approx((0.95, 0.01, 0.01), abs=0.01)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("panel: wing_of_another\n", "has no panel: nothing in it matches panel: wing_of_another"),
        ("body: nothing_like_it\n", "has no body: nothing in it matches body: nothing_like_it"),
        ("panel: '('\n", "not a regular expression: '('"),
        ("pannel: x\n", "unknown key 'pannel'"),
        ("materials: {bus: gold foyl}\n", "unknown surface 'gold foyl'"),
        ("metres: -1\n", "metres -1"),
        ("metres: .nan\n", "metres nan"),
        ("metres: true\n", "metres True"),
        ("- panel\n", "expected `key: value` lines"),
        ("materials: gold foil\n", "expected `key: value` lines"),
        ("panel: [\n", "is not YAML"),
    ],
)
def test_wrong_parts_are_told(satellite, text, said):
    (satellite / "parts.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        load_craft(satellite, "My Craft")
    assert said in str(error.value)


def test_a_mesh_without_parts_names_what_was_found(satellite):
    (satellite / "parts.yaml").write_text("panel: cells_xyz\n")
    with pytest.raises(UserError) as error:
        load_craft(satellite, "My Craft")
    assert "craft/bus/" in str(error.value)
    assert "parts.yaml" in str(error.value)


@pytest.mark.parametrize("name", ["broken.glb", "broken.obj", "broken.stl", "broken.gltf"])
def test_broken_files_are_named(satellite, name):
    (satellite / "My Craft" / name).write_bytes(b"\x00\xffno mesh at all" * 3)
    with pytest.raises(UserError, match=name):
        load_craft(satellite, "My Craft")


def test_folders(satellite, tmp_path):
    (satellite / "Another").mkdir()
    (satellite / ".git").mkdir()
    assert class_names(satellite) == ("Another", "My Craft")
    with pytest.raises(UserError, match="holds no mesh"):
        load_craft(satellite, "Another")
    with pytest.raises(UserError, match="holds no folders"):
        class_names(satellite / "Another")
    with pytest.raises(UserError, match="no such folder"):
        class_names(tmp_path / "nowhere")


def test_the_fingerprint_follows_names_and_contents(satellite):
    before = fingerprint(satellite)
    assert fingerprint(satellite) == before
    (satellite / "parts.yaml").write_text("metres: 1\n")
    named = fingerprint(satellite)
    (satellite / "parts.yaml").write_text("metres: 2\n")
    assert len({before, named, fingerprint(satellite)}) == 3
