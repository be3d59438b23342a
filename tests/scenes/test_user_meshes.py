"""Crafts from files that trimesh's exporters wrote: places, parts and what tells two crafts apart."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from trimesh.visual import TextureVisuals
from trimesh.visual.material import SimpleMaterial

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.mesh import CraftMesh
from pipeline.scenes.render import look
from pipeline.scenes.studio import Studio
from pipeline.scenes.user_meshes import class_names, fingerprint, load_craft
from tests.scenes.craft_files import UV, box, glb, pbr, span, surfaces, two_stl, write

MOVE = trimesh.transformations.translation_matrix


def area(craft: CraftMesh, part: int) -> float:
    """Square metres of a part's faces."""
    return float(trimesh.triangles.area(craft.triangles[craft.part == part].astype(float)).sum())


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
