"""The user's own craft: a folder per class with glTF, OBJ or STL files, parts told by name in parts.yaml."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
import yaml

from pipeline.errors import UserError, nearest, offenders
from pipeline.files import file_hash, text_hash
from pipeline.scenes.materials import MATERIALS, Material
from pipeline.scenes.mesh import CraftMesh, Piece, build

ENDINGS = (".glb", ".gltf", ".obj", ".stl")
PARTS = "parts.yaml"


@dataclass(frozen=True)
class Parts:
    """parts.yaml. Patterns are regular expressions, matched anywhere, in any case, in a geometry's name.

    Attributes:
        panel: what is solar panel
        body: what else is body; what matches neither is left out
        metres: length of the files' unit
        materials: pattern -> key of MATERIALS; the first that matches wins
    """

    panel: str = "solar|panel|cell|array"
    body: str = ".*"
    metres: float = 1.0
    materials: tuple[tuple[str, str], ...] = ()


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes of a folder of meshes, sorted.

    Raises:
        UserError: the folder is not there or holds no folder.
    """
    if not folder.is_dir():
        raise UserError(f"--meshes {folder}: no such folder; expected one folder a class with mesh files in it.")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise UserError(f"--meshes {folder} holds no folders; expected one a class with {', '.join(ENDINGS)} files.")
    return tuple(names)


def fingerprint(folder: Path) -> str:
    """A hash of the names and contents of all files below a folder, 32 hex digits."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return text_hash("".join(f"{path.relative_to(folder).as_posix()} {file_hash(path)}\n" for path in paths))


def load_craft(folder: Path, name: str) -> CraftMesh:
    """One class, ready for rays: body axes and origin as in the files, in metres.

    A geometry's name is `<file>/<node>/<geometry>/<material>`. Surfaces: as parts.yaml says; without
    that, dark cells for panels, and a plain surface of the file's colour for the body, where a texture counts by the
    mean of what it shows at the vertices.

    Raises:
        UserError: unreadable files, no files, no panel or no body among them, or a wrong parts.yaml.
    """
    parts = read_parts(folder)
    paths = sorted(path for path in (folder / name).iterdir() if path.suffix.lower() in ENDINGS)
    if not paths:
        raise UserError(f"{folder / name} holds no mesh; expected a file with one of {', '.join(ENDINGS)}.")
    named = [pair for path in paths for pair in _geometries(path)]
    pieces, materials = [], []
    for label, mesh in named:
        panel = bool(re.search(parts.panel, label, re.I))
        if panel or re.search(parts.body, label, re.I):
            mesh.apply_scale(parts.metres)
            pieces.append(Piece(mesh, panel, np.full(len(mesh.faces), len(materials)), np.eye(3)))
            materials.append(_surface(parts, label, mesh, panel))
    missing = [part for part, there in (("panel", True), ("body", False)) if there not in {p.panel for p in pieces}]
    if missing:
        patterns = "; ".join(f"{part}: {getattr(parts, part)}" for part in missing)
        listed = offenders([label for label, _ in named])
        raise UserError(
            f"{folder / name} has no {' and no '.join(missing)}: nothing in it matches {patterns}. Set the pattern in "
            f"{folder / PARTS} to fit these names:\n{listed}"
        )
    return build(pieces, tuple(materials))


def read_parts(folder: Path) -> Parts:
    """parts.yaml of a folder, or the defaults where there is none. Raises UserError with all that is wrong in it."""
    path = folder / PARTS
    try:
        said = yaml.safe_load(path.read_text()) if path.exists() else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    if not isinstance(said or {}, dict) or not isinstance((said or {}).get("materials") or {}, dict):
        raise UserError(f"{path}: expected `key: value` lines with the keys {', '.join(vars(Parts()))}.")
    said = dict(said or {})
    surfaces = {str(pattern): str(surface) for pattern, surface in (said.get("materials") or {}).items()}
    wrong = [f"unknown key {key!r}{nearest(str(key), vars(Parts()))}" for key in said if key not in vars(Parts())]
    wrong += [
        f"unknown surface {surface!r}{nearest(surface, MATERIALS)}"
        for surface in surfaces.values()
        if surface not in MATERIALS
    ]
    patterns = [str(said.get(key, getattr(Parts(), key))) for key in ("panel", "body")]
    wrong += [f"not a regular expression: {pattern!r}" for pattern in (*patterns, *surfaces) if not _compiles(pattern)]
    metres = said.get("metres", 1.0)
    if isinstance(metres, bool) or not isinstance(metres, int | float) or not 0 < metres < float("inf"):
        wrong.append(f"metres {metres!r}: expected the length of the files' unit in metres, a positive number")
    if wrong:
        raise UserError(f"{path} cannot be used:\n{offenders(wrong)}")
    return Parts(*patterns, float(metres), tuple(surfaces.items()))


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _geometries(path: Path) -> Iterator[tuple[str, trimesh.Trimesh]]:
    """Name and mesh, in the file's own frame, of each geometry of a file."""
    try:
        scene = trimesh.load_scene(path)
        for node in sorted(scene.graph.nodes_geometry):
            place, name = scene.graph[node]
            mesh = scene.geometry[name].copy()
            if not isinstance(mesh, trimesh.Trimesh):
                continue  # points and lines
            mesh.apply_transform(place)
            mesh.merge_vertices(merge_tex=True, merge_norm=True)
            mesh.update_faces(mesh.nondegenerate_faces())
            if len(mesh.faces):
                material = getattr(getattr(mesh.visual, "material", None), "name", None)
                yield f"{path.stem}/{node}/{name}/{material or ''}", mesh
    except Exception as error:  # trimesh's loaders raise whatever a broken file makes them trip over
        raise UserError(f"{path} is not a mesh that can be read: {error or type(error).__name__}") from error


def _surface(parts: Parts, label: str, mesh: trimesh.Trimesh, panel: bool) -> Material:
    for pattern, surface in parts.materials:
        if re.search(pattern, label, re.I):
            return MATERIALS[surface]
    return MATERIALS["navy cells"] if panel else _of_colour(mesh)


def _of_colour(mesh: trimesh.Trimesh) -> Material:
    """A plain surface of the mean colour of the file, taken as sRGB; grey paint where it has none."""
    if not mesh.visual.defined:
        return MATERIALS["grey paint"]
    look = getattr(mesh.visual, "material", None)
    factor = getattr(look, "baseColorFactor", None)
    textured = getattr(look, "baseColorTexture", None) is not None or getattr(look, "image", None) is not None
    if factor is not None and not textured:
        colour = np.asarray(factor[:3], float) / (255 if np.asarray(factor).dtype == np.uint8 else 1)
    else:
        plain = look is not None and not textured
        colour = (look.main_color if plain else mesh.visual.to_color().vertex_colors.mean(axis=0))[:3] / 255
        colour = colour**2.2
    shiny = float(getattr(look, "metallicFactor", None) or 0)
    rough = getattr(look, "roughnessFactor", None)
    rough = 0.7 if rough is None else float(rough)
    return Material(
        tuple(float(c) for c in np.clip(colour, 0.01, 0.95)),
        gloss=0.2 + 3 * shiny * (1 - rough),
        shininess=8 + 120 * (1 - rough) ** 2,
        metallic=shiny,
    )
