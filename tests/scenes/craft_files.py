"""Meshes, and the files that trimesh writes of them."""

from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from pipeline.scenes.materials import Material
from pipeline.scenes.mesh import CraftMesh

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


def span(craft: CraftMesh, part: int) -> np.ndarray:
    """(2, 3) least and greatest coordinates of a part, metres."""
    corners = craft.triangles[craft.part == part].reshape(-1, 3)
    return np.array([corners.min(axis=0), corners.max(axis=0)])


def surfaces(craft: CraftMesh, part: int) -> set[Material]:
    """What a part is made of."""
    return {craft.materials[i] for i in craft.material[craft.part == part]}
