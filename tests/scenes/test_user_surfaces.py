"""Crafts from files that trimesh's exporters wrote: colours, textures and the mending of faces."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import SimpleMaterial

from pipeline.dataset.mask_colours import BODY
from pipeline.scenes.materials import MATERIALS, Material
from pipeline.scenes.user_meshes import load_craft
from tests.scenes.craft_files import UV, box, glb, pbr, span, surfaces, two_stl


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
