"""Crafts from files that trimesh's exporters wrote: places, parts, surfaces and what is refused."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.errors import UserError
from pipeline.scenes.materials import MATERIALS, Material
from pipeline.scenes.mesh import CraftMesh
from pipeline.scenes.render import look
from pipeline.scenes.studio import Studio
from pipeline.scenes.user_meshes import class_names, fingerprint, load_craft

MOVE = trimesh.transformations.translation_matrix
UV = np.full((8, 2), 0.5)


def box(size: tuple[float, float, float], visual=None) -> trimesh.Trimesh:
    """A box round the origin, metres."""
    plain = trimesh.creation.box(size)
    return trimesh.Trimesh(plain.vertices, plain.faces, visual=visual, process=False)


def pbr(name: str, colour=None, uv=None, **more) -> TextureVisuals:
    """The visual of a glTF material."""
    return TextureVisuals(uv=uv, material=PBRMaterial(name=name, baseColorFactor=colour, **more))


def write(path: Path, text: str = "") -> Path:
    """A text file, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def glb(path: Path, *nodes: tuple[str, trimesh.Trimesh, np.ndarray]) -> Path:
    """A GLB (or glTF beside its .bin) with a node for each (name, mesh, transform)."""
    scene = trimesh.Scene()
    for name, mesh, place in nodes:
        scene.add_geometry(mesh, node_name=name, geom_name=f"{name} shape", transform=place)
    path.parent.mkdir(parents=True, exist_ok=True)
    scene.export(path)
    return path


def two_stl(folder: Path, unit: float = 1.0) -> Path:
    """A cube of one unit and a panel 2 x 1 x 0.1 units, three units off along x, as two STL files."""
    folder.mkdir(parents=True, exist_ok=True)
    box((unit,) * 3).export(folder / "body.stl")
    box((2 * unit, unit, 0.1 * unit)).apply_translation((3 * unit, 0, 0)).export(folder / "solar_left.stl")
    return folder.parent


def area(craft: CraftMesh, part: int) -> float:
    """Square metres of a part's faces."""
    return float(trimesh.triangles.area(craft.triangles[craft.part == part].astype(float)).sum())


def span(craft: CraftMesh, part: int) -> np.ndarray:
    """(2, 3) least and greatest coordinates of a part, metres."""
    corners = craft.triangles[craft.part == part].reshape(-1, 3)
    return np.array([corners.min(axis=0), corners.max(axis=0)])


def surfaces(craft: CraftMesh, part: int) -> set[Material]:
    """What a part is made of."""
    return {craft.materials[i] for i in craft.material[craft.part == part]}


def refusal(folder: Path, name: str = "sat") -> str:
    """What the user is told when the craft is refused."""
    with pytest.raises(UserError) as caught:
        load_craft(folder, name)
    return str(caught.value)


def test_two_stl_files_named_by_stem(tmp_path):
    craft = load_craft(two_stl(tmp_path / "sat"), "sat")
    assert (craft.part == BODY).sum() == (craft.part == PANEL).sum() == 12
    assert np.isclose(area(craft, BODY), 6, rtol=1e-6)
    assert np.isclose(area(craft, PANEL), 2 * (2 * 1 + 2 * 0.1 + 1 * 0.1), rtol=1e-6)
    assert np.allclose(span(craft, PANEL), [[2, -0.5, -0.05], [4, 0.5, 0.05]], atol=1e-6)
    assert len(craft.vertices) == 16  # an STL holds every corner once a face: merged
    assert surfaces(craft, PANEL) == {MATERIALS["navy cells"]} and surfaces(craft, BODY) == {MATERIALS["grey paint"]}


def test_metres_scale_the_files_unit(tmp_path):
    write(tmp_path / "parts.yaml", "metres: 0.001\n")
    craft = load_craft(two_stl(tmp_path / "sat", unit=1000.0), "sat")
    assert np.isclose(area(craft, BODY), 6, rtol=1e-6)
    assert np.allclose(span(craft, PANEL), [[2, -0.5, -0.05], [4, 0.5, 0.05]], atol=1e-6)


@pytest.mark.parametrize("ending", ["glb", "gltf", "GLB"])
def test_gltf_nodes_land_where_the_scene_puts_them(tmp_path, ending):
    quarter = MOVE((0, 5, 0)) @ trimesh.transformations.rotation_matrix(np.pi / 2, (0, 0, 1))
    wing, bus = box((4, 1, 0.2)), box((1, 1, 2))
    path = glb(tmp_path / "sat" / f"all.{ending.lower()}", ("Solar 1", wing, quarter), ("bus", bus, MOVE((0, 0, 7))))
    path.rename(path.with_suffix(f".{ending}"))
    craft = load_craft(tmp_path, "sat")
    assert np.allclose(span(craft, PANEL), [[-0.5, 3, -0.1], [0.5, 7, 0.1]], atol=1e-6)
    assert np.allclose(span(craft, BODY), [[-0.5, -0.5, 6], [0.5, 0.5, 8]], atol=1e-6)
    assert np.isclose(area(craft, PANEL), 2 * (4 + 0.8 + 0.2), rtol=1e-6)


def test_a_chain_of_nodes_and_one_geometry_twice(tmp_path):
    scene = trimesh.Scene()
    scene.graph.update(frame_from="world", frame_to="hinge", matrix=MOVE((0, 2, 0)))
    scene.add_geometry(box((1, 1, 1)), node_name="bus", geom_name="bus")
    scene.add_geometry(box((1, 1, 0.1)), node_name="wing", geom_name="array", parent_node_name="hinge")
    scene.graph.update(frame_from="hinge", frame_to="wing b", matrix=MOVE((0, 3, 0)) @ np.diag([2, 1, 1, 1]))
    scene.graph.transforms.node_data["wing b"]["geometry"] = "array"
    (tmp_path / "sat").mkdir()
    scene.export(tmp_path / "sat" / "all.glb")
    craft = load_craft(tmp_path, "sat")
    assert (craft.part == PANEL).sum() == 24
    assert np.allclose(span(craft, PANEL), [[-1, 1.5, -0.05], [1, 5.5, 0.05]], atol=1e-6)
    assert np.isclose(area(craft, PANEL), 2 * (1 + 0.1 + 0.1) + 2 * (2 + 0.2 + 0.1), rtol=1e-6)


def test_obj_materials_give_parts_and_colours(tmp_path):
    scene = trimesh.Scene()
    for x, name, kd in ((0, "Bus_grey", (0.2, 0.4, 0.6)), (3, "SolarCells", (0.1, 0.1, 0.3)), (6, "boom", (0, 0, 0))):
        mesh = box((1, 1, 1), TextureVisuals(uv=UV, material=SimpleMaterial(name=name, diffuse=kd)))
        scene.add_geometry(mesh.apply_translation((x, 0, 0)), node_name=f"part{x}", geom_name=f"part{x}")
    (tmp_path / "sat").mkdir()
    scene.export(tmp_path / "sat" / "craft.obj", mtl_name="craft.mtl")
    craft = load_craft(tmp_path, "sat")
    assert (craft.part == BODY).sum() == 24 and (craft.part == PANEL).sum() == 12
    assert np.allclose(span(craft, PANEL), [[2.5, -0.5, -0.5], [3.5, 0.5, 0.5]], atol=1e-6)
    albedos = sorted(surface.albedo for surface in surfaces(craft, BODY))
    assert albedos == [(0.005, 0.005, 0.005), (0.2, 0.4, 0.6)]  # black is lifted: it has no hue to divide by
    assert surfaces(craft, PANEL) == {MATERIALS["navy cells"]}


def test_obj_objects_and_groups_keep_their_names(tmp_path):
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    faces = "o hull\nf 1 2 3\no wing\ng solar_cover\nf 1 2 4\ng hinge\nf 1 3 4\n"
    write(tmp_path / "sat" / "craft.obj", corners + faces)
    craft = load_craft(tmp_path, "sat")
    assert (craft.part == PANEL).sum() == 1 and (craft.part == BODY).sum() == 2
    assert np.allclose(span(craft, PANEL), [[0, 0, 0], [1, 0, 1]])


def test_body_pattern_leaves_out_what_neither_matches(tmp_path):
    nodes = (("bus", box((1, 1, 1)), np.eye(4)), ("wing", box((2, 1, 1)), np.eye(4)))
    glb(tmp_path / "sat" / "all.glb", *nodes, ("Lamp", box((9, 9, 9)), np.eye(4)))
    write(tmp_path / "parts.yaml", "panel: WING\nbody: bus\n")
    craft = load_craft(tmp_path, "sat")
    assert len(craft.part) == 24 and np.isclose(area(craft, BODY), 6) and np.isclose(area(craft, PANEL), 10)


def test_yaml_materials_win_and_the_first_that_matches(tmp_path):
    bus, drum = (box((1, 1, 1), pbr(name, (1.0, 0.0, 0.0))) for name in ("MLI wrap", "steel"))
    nodes = (("bus", bus, np.eye(4)), ("drum", drum, np.eye(4)), ("array", box((1, 1, 1)), np.eye(4)))
    glb(tmp_path / "sat" / "all.glb", *nodes)
    write(tmp_path / "parts.yaml", "materials:\n  mli|foil: gold foil\n  bus|steel: titanium\n  array: violet cells\n")
    craft = load_craft(tmp_path, "sat")
    assert surfaces(craft, BODY) == {MATERIALS["gold foil"], MATERIALS["titanium"]}
    assert surfaces(craft, PANEL) == {MATERIALS["violet cells"]}


def body_of(tmp_path: Path, visual) -> Material:
    """The surface that a body with this visual gets through a GLB."""
    nodes = (("bus", box((1, 1, 1), visual), np.eye(4)), ("array", box((1, 1, 1)), np.eye(4)))
    glb(tmp_path / "sat" / "all.glb", *nodes)
    (surface,) = surfaces(load_craft(tmp_path, "sat"), BODY)
    return surface


def test_gltf_factors_are_linear_and_roughness_is_a_lobe(tmp_path):
    surface = body_of(tmp_path, pbr("paint", (0.2, 0.4, 0.6, 1.0), metallicFactor=0.0, roughnessFactor=0.5))
    assert np.allclose(surface.albedo, (0.2, 0.4, 0.6), atol=1e-3)
    assert (surface.shininess, surface.metallic) == (30.0, 0.0)  # 2 / 0.5**4 - 2
    assert np.isclose(surface.gloss, 0.04 * 32 / 8)
    metal = body_of(tmp_path, pbr("metal", (0.6, 0.6, 0.6, 1.0), metallicFactor=1.0, roughnessFactor=0.5))
    assert np.isclose(metal.gloss, 0.6 * 32 / 8) and metal.metallic == 1.0
    mirror = body_of(tmp_path, pbr("mirror", (1.0, 1.0, 1.0, 1.0), metallicFactor=1.0, roughnessFactor=0.0))
    assert (mirror.shininess, mirror.gloss) == (200.0, 5.0)


def test_textures_are_srgb_and_times_the_factor(tmp_path):
    image = pytest.importorskip("PIL.Image")
    texture = image.new("RGB", (4, 4), (188, 255, 0))
    surface = body_of(tmp_path, pbr("painted", (1.0, 0.5, 1.0, 1.0), uv=UV, baseColorTexture=texture))
    assert np.allclose(surface.albedo, (0.5029, 0.5, 0.005), atol=3e-3)  # 188 is half the light
    rough = image.new("RGB", (4, 4), (0, 128, 0))  # green: roughness, blue: metal
    painted = pbr("painted", (0.5, 0.5, 0.5, 1.0), uv=UV, metallicRoughnessTexture=rough, roughnessFactor=1.0)
    surface = body_of(tmp_path, painted)
    assert surface.metallic == 0.0 and np.isclose(surface.shininess, 2 / (128 / 255) ** 4 - 2, atol=0.01)


def test_vertex_colours_and_no_colour(tmp_path):
    colours = np.tile([[255, 0, 51, 255], [255, 102, 51, 255]], (4, 1)).astype(np.uint8)
    assert body_of(tmp_path, ColorVisuals(vertex_colors=colours)) == Material((1.0, 0.2, 0.2))
    assert body_of(tmp_path, pbr("nothing said")) == MATERIALS["grey paint"]


def test_textures_without_pillow_do_not_matter(tmp_path):
    image = pytest.importorskip("PIL.Image")
    textured = pbr("hull", (0.2, 0.2, 0.2, 1.0), uv=UV, baseColorTexture=image.new("RGB", (4, 4), (255, 0, 0)))
    body_of(tmp_path, textured)
    drum = box((1, 1, 1), TextureVisuals(uv=UV, material=SimpleMaterial(image=image.new("RGB", (4, 4)), name="m")))
    drum.export(tmp_path / "sat" / "drum.obj", mtl_name="drum.mtl")
    code = (
        "import sys; sys.modules['PIL'] = None\n"
        "from pathlib import Path\n"
        "from pipeline.scenes.user_meshes import load_craft\n"
        "craft = load_craft(Path(sys.argv[1]), 'sat')\n"
        "print(len(craft.part), sorted(material.albedo for material in craft.materials)[1][0])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["36", "0.2"]


def test_merged_vertices_make_a_sphere_one_surface(tmp_path):
    two_stl(tmp_path / "sat")
    trimesh.creation.icosphere(subdivisions=3).export(tmp_path / "sat" / "body.stl")
    craft = load_craft(tmp_path, "sat")
    ball = craft.part == BODY
    assert len(set(craft.surface[ball])) == 1 and len(set(craft.surface[~ball])) == 6
    corners = craft.triangles[ball].reshape(-1, 3)
    assert np.einsum("ij,ij->i", corners, craft.corner_normals[ball].reshape(-1, 3)).min() > 0.999


def test_normals_and_uv_seams_do_not_keep_vertices_apart(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=2)
    loose = ball.triangles.reshape(-1, 3)
    visual = pbr("paint", (0.5, 0.5, 0.5, 1.0), uv=np.random.default_rng(0).random((len(loose), 2)))
    faces, normals = np.arange(len(loose)).reshape(-1, 3), np.repeat(ball.face_normals, 3, axis=0)
    apart = trimesh.Trimesh(loose, faces, vertex_normals=normals, visual=visual, process=False)
    nodes = (("ball", apart, np.eye(4)), ("array", box((1, 1, 1)), np.eye(4)))
    glb(tmp_path / "sat" / "all.glb", *nodes)
    craft = load_craft(tmp_path, "sat")
    assert len(craft.vertices) == len(ball.vertices) + 8
    assert len(set(craft.surface[craft.part == BODY])) == 1


def test_faces_without_area_are_dropped(tmp_path):
    good = box((1, 1, 1))
    line = [[0, 0, 0], [1, 1, 1], [3, 3, 3], [0, 0, 9], [0, 0, 9], [1, 0, 9]]
    bad = trimesh.Trimesh(
        np.vstack([good.vertices, line]), np.vstack([good.faces, [[8, 9, 10], [11, 12, 13]]]), process=False
    )
    bad.export(two_stl(tmp_path / "sat") / "sat" / "body.stl")
    craft = load_craft(tmp_path, "sat")
    assert (craft.part == BODY).sum() == 12 and np.isclose(span(craft, BODY)[1, 2], 0.5)
    assert craft.vertices[:, 2].max() < 1  # nor do their corners count
    for vectors in (craft.normal, craft.tangent, craft.bitangent):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_spaces_hidden_and_other_files(tmp_path):
    two_stl(tmp_path / "Deep Space 1")
    for other in ("._body.stl", "notes.txt", "skin.png", "craft.mtl", "data.bin"):
        write(tmp_path / "Deep Space 1" / other, "not a mesh")
    (tmp_path / ".git").mkdir()
    write(tmp_path / "read me.md")
    two_stl(tmp_path / "aqua")
    assert class_names(tmp_path) == ("Deep Space 1", "aqua")
    assert len(load_craft(tmp_path, "Deep Space 1").part) == 24


def test_the_same_craft_from_every_process(tmp_path):
    nodes = [(f"{kind} {i}", box((1, 1, 1 + i)), MOVE((0, 0, i))) for kind in ("bus", "array") for i in range(6)]
    glb(tmp_path / "sat" / "all.glb", *nodes)
    code = (
        "import sys, hashlib; from pathlib import Path\n"
        "from pipeline.scenes.user_meshes import load_craft\n"
        "craft = load_craft(Path(sys.argv[1]), 'sat')\n"
        "print(hashlib.md5(craft.triangles.tobytes() + craft.part.tobytes()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, tmp_path],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_fingerprint_follows_paths_and_contents(tmp_path):
    two_stl(tmp_path / "sat")
    first = fingerprint(tmp_path)
    assert len(first) == 12 and fingerprint(tmp_path) == first
    write(tmp_path / ".DS_Store", "x")
    (tmp_path / "sat" / "body.stl").touch()
    assert fingerprint(tmp_path) == first
    seen = {first}
    write(tmp_path / "parts.yaml", "metres: 1.0\n")
    seen.add(fingerprint(tmp_path))
    write(tmp_path / "parts.yaml", "metres: 2.0\n")
    seen.add(fingerprint(tmp_path))
    (tmp_path / "sat" / "body.stl").rename(tmp_path / "sat" / "hull.stl")
    seen.add(fingerprint(tmp_path))
    (tmp_path / "sat").rename(tmp_path / "sot")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 5


def test_fingerprint_does_not_depend_on_where_the_folder_is(tmp_path):
    assert fingerprint(two_stl(tmp_path / "here" / "sat")) == fingerprint(two_stl(tmp_path / "there" / "sat"))


def test_folders_that_cannot_be_used(tmp_path):
    file = write(tmp_path / "file")
    for use in (class_names, fingerprint):
        with pytest.raises(UserError, match="found nothing"):
            use(tmp_path / "none")
        with pytest.raises(UserError, match="found a file"):
            use(file)
        with pytest.raises(UserError, match="has no class folders"):
            use(tmp_path)
    (tmp_path / "sentinel").mkdir()
    assert "no class folder 'sentinal'. Did you mean sentinel?" in refusal(tmp_path, "sentinal")
    write(tmp_path / "sentinel" / "notes.txt")
    message = refusal(tmp_path, "sentinel")
    assert "sentinel has no mesh files" in message and ".glb, .gltf, .obj, .stl" in message


def test_all_broken_meshes_are_named(tmp_path):
    good = glb(tmp_path / "sat" / "all.glb", ("bus", box((1, 1, 1)), np.eye(4)), ("array", box((1, 1, 1)), np.eye(4)))
    whole = good.read_bytes()
    good.with_name("cut.glb").write_bytes(whole[: len(whole) // 2])
    good.with_name("noise.stl").write_bytes(np.random.default_rng(0).bytes(500))
    write(good.with_name("empty.obj"))
    write(good.with_name("astray.gltf"), json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": "gone.bin"}]}))
    two_stl(tmp_path / "nan")
    hole = np.frombuffer((tmp_path / "nan" / "body.stl").read_bytes()[84:], np.uint8).copy()
    hole[12:16] = np.frombuffer(np.float32(np.nan).tobytes(), np.uint8)
    head = (tmp_path / "nan" / "body.stl").read_bytes()[:84]
    (tmp_path / "sat" / "nan.stl").write_bytes(head + hole.tobytes())
    message = refusal(tmp_path)
    for name in ("cut.glb", "noise.stl", "empty.obj", "astray.gltf", "nan.stl: ValueError: a vertex is not finite"):
        assert name in message
    assert "all.glb" not in message


def test_a_craft_without_panel_or_without_body(tmp_path):
    nodes = [(f"plate {i}", box((1, 1, 1), pbr("steel", (0.5, 0.5, 0.5))), np.eye(4)) for i in range(7)]
    glb(tmp_path / "sat" / "hull.glb", *nodes)
    message = refusal(tmp_path)
    assert "class 'sat': nothing matches `panel: solar|panel|cell|array`." in message
    assert "hull/plate 0/plate 0 shape/steel" in message and "2 more (7 in all)" in message
    assert f"Set `panel:` and `body:` in {tmp_path / 'parts.yaml'}" in message and "nothing that" not in message
    write(tmp_path / "parts.yaml", "panel: plate\nbody: bus\n")
    message = refusal(tmp_path)
    assert "nothing that `panel: plate` leaves over matches `body: bus`" in message
    assert "nothing matches" not in message


def test_all_that_is_wrong_with_parts_yaml(tmp_path):
    two_stl(tmp_path / "sat")
    text = "pannel: x\npanel: '['\nbody: 5\nmetres: -1\nmaterials: {foil: gold foyl, '(': copper}\n"
    path = write(tmp_path / "parts.yaml", text)
    message = refusal(tmp_path)
    assert message.startswith(f"{path} cannot be used:")
    assert "unknown key pannel. Did you mean panel?" in message
    assert "panel: '[' is not a regular expression" in message
    assert "body: must be a regular expression, found 5" in message
    assert "metres: must be a number more than 0, found -1" in message
    assert "and 1 more (6 in all)" in message
    write(path, "materials: {foil: gold foyl, '(': copper}\n")
    message = refusal(tmp_path)
    assert "materials: '(' is not a regular expression" in message
    assert "unknown surface 'gold foyl'. Did you mean gold foil?" in message


def test_metres_that_yaml_takes_for_a_text(tmp_path):
    two_stl(tmp_path / "sat", unit=1000)
    write(tmp_path / "parts.yaml", "metres: 1e-3\n")
    assert np.ptp(load_craft(tmp_path, "sat").vertices, axis=0).max() == pytest.approx(4.5)


@pytest.mark.parametrize("metres", ["1e-7", "1.0e+6", "1.0e+39"])
def test_units_that_cannot_be_meant(tmp_path, metres):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", f"metres: {metres}\n")
    assert "metres:" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["train", "test", "two\nlines"])
def test_folders_that_cannot_be_classes(tmp_path, name):
    two_stl(tmp_path / "sat")
    two_stl(tmp_path / name)
    with pytest.raises(UserError, match="cannot be classes; give them other names") as error:
        class_names(tmp_path)
    assert repr(name) in str(error.value)
    assert "sat" not in str(error.value).splitlines()[-1]


def test_a_colour_that_is_not_a_number_is_refused(tmp_path):
    two_stl(tmp_path / "sat")
    text = "mtllib odd.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl odd\nf 1 2 3\n"
    write(tmp_path / "sat/odd.obj", text)
    write(tmp_path / "sat/odd.mtl", "newmtl odd\nKd nan nan nan\n")
    assert "odd.obj: ValueError: a colour is not finite" in refusal(tmp_path)


def test_a_craft_modelled_far_from_its_origin_is_seen(tmp_path):
    """The view does not depend on where the files' origin lies."""
    two_stl(tmp_path / "sat")
    there = Studio(0, 128, meshes=str(tmp_path), fingerprint="near")
    near = look(there, "train", 0).labels
    for name in ("body", "solar_left"):
        mesh = trimesh.load_mesh(tmp_path / f"sat/{name}.stl")
        mesh.apply_translation((200, 0, 0)).export(tmp_path / f"sat/{name}.stl")
    far = look(replace(there, fingerprint="far"), "train", 0).labels
    assert (near != far).mean() < 0.01


@pytest.mark.parametrize("metres", ["0", ".nan", ".inf", "yes", "mm", "[1]", "9" * 400])
def test_metres_that_are_no_length(tmp_path, metres):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", f"metres: {metres}\n")
    assert "metres: must be a number more than 0, found" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- panel\n", "must hold keys and values, found list"),
        ("panel: [\n", "is not YAML"),
        ("materials: gold foil\n", "materials: must hold patterns and names of surfaces, found 'gold foil'"),
        ("materials: {x: qqqq}\n", "unknown surface 'qqqq'. There are gold foil, "),
    ],
)
def test_parts_yaml_of_another_shape(tmp_path, text, words):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", text)
    assert words in refusal(tmp_path)


def test_an_empty_parts_yaml_is_the_defaults(tmp_path):
    two_stl(tmp_path / "sat")
    plain = load_craft(tmp_path, "sat")
    write(tmp_path / "parts.yaml", "# nothing yet\n")
    assert np.array_equal(load_craft(tmp_path, "sat").triangles, plain.triangles)
