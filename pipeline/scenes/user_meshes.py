"""Craft of a user's own: glTF, OBJ and STL files, whose parts part_rules tells."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual.base import Visuals
from trimesh.visual.color import uv_to_color
from trimesh.visual.material import PBRMaterial

from pipeline.errors import UserError, nearest, offenders
from pipeline.files import file_hash, text_hash
from pipeline.scenes.materials import MATERIALS, Material
from pipeline.scenes.mesh import CraftMesh, Piece, build
from pipeline.scenes.part_rules import RULES, Rules, read_rules
from pipeline.scenes.scene import SPLITS

ENDINGS = (".glb", ".gltf", ".obj", ".stl")
LARGEST_M = 10_000  # single precision draws larger craft wrongly
SLIVER_M = 1e-6  # a triangle less high has no normal to speak of, and nobody sees it


@dataclass(frozen=True)
class Shape:
    """One geometry of a file, in body axes and metres.

    Attributes:
        label: "<file stem>/<node name>/<geometry name>/<material name>"
        mesh: with vertices merged and without visuals
        own: what the file says it is made of
    """

    label: str
    mesh: trimesh.Trimesh
    own: Material


def class_names(folder: Path) -> tuple[str, ...]:
    """Sorted names of the sub-folders that are not hidden, one a class.

    Raises:
        UserError: there is no such folder, it has no sub-folders, or some cannot be names of classes.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise UserError(f"{folder}: expected a folder that holds a folder of meshes for each class, found {found}.")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise UserError(f"{folder} has no class folders. Make one for each class and put its meshes into it.")
    odd = [repr(name) for name in names if name in SPLITS or not name.isprintable()]
    if odd:
        raise UserError(f"these folders in {folder} cannot be classes; give them other names:\n{offenders(odd)}")
    return tuple(names)


def load_craft(folder: Path, name: str) -> CraftMesh:
    """The craft of one class, from all meshes in its folder, body axes as in the files, in metres.

    Args:
        folder: with the class folders and, if need be, parts.yaml.
        name: of the class.

    Raises:
        UserError: there is no such class, parts.yaml or a mesh cannot be used, or nothing is panel or nothing is body.
    """
    names = class_names(folder)
    if name not in names:
        raise UserError(f"{folder} has no class folder {name!r}.{nearest(name, list(names))}")
    rules = read_rules(folder / RULES)
    shapes = _shapes(folder / name, rules.metres)
    parts = [rules.part(shape.label) for shape in shapes]
    if not {"panel", "body"} <= set(parts):
        raise UserError(_partless(folder / name, rules, shapes, parts))
    longest = max(float(shape.mesh.extents.max()) for shape in shapes)
    if longest > LARGEST_M:
        raise UserError(
            f"class {name!r} is {longest:.3g} m long, expected at most {LARGEST_M:g}. Set `metres:` in {folder / RULES}"
            " to the length of the files' unit in metres."
        )
    numbers: dict[Material, int] = {}
    pieces = []
    for shape, part in zip(shapes, parts, strict=True):
        if part:
            number = numbers.setdefault(rules.surface(shape.label, part, shape.own), len(numbers))
            pieces.append(Piece(shape.mesh, part == "panel", np.full(len(shape.mesh.faces), number), np.eye(3)))
    return build(pieces, tuple(numbers))


def fingerprint(folder: Path) -> str:
    """12 hex digits that change with the path or content of any file in the folder; hidden files do not count.

    Raises:
        UserError: there is no such folder, or it has no class folders.
    """
    class_names(folder)
    inner = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    seen = sorted(inside for inside in inner if not any(part.startswith(".") for part in inside.parts))
    return text_hash("\n".join(f"{file_hash(inner[inside])} {inside.as_posix()!r}" for inside in seen))[:12]


def _partless(folder: Path, rules: Rules, shapes: list[Shape], parts: list[str]) -> str:
    """What to tell the user of a craft without panel or without body."""
    wrong = [] if "panel" in parts else [f"nothing matches `panel: {rules.panel.pattern}`"]
    if "body" not in parts:
        wrong.append(f"nothing that `panel: {rules.panel.pattern}` leaves over matches `body: {rules.body.pattern}`")
    return (
        f"class {folder.name!r}: {' and '.join(wrong)}. Names found, as file/node/geometry/material:\n"
        f"{offenders(list(dict.fromkeys(shape.label for shape in shapes)))}\n"
        f"Set `panel:` and `body:` in {folder.parent / RULES} to regular expressions that match these names"
        " (an OBJ's material names need its .mtl file beside it)."
    )


def _shapes(folder: Path, metres: float) -> list[Shape]:
    """The shapes of all mesh files in a class folder; UserError where it has none, or with all that cannot be read."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    meshes = [path for path in paths if path.suffix.lower() in ENDINGS]
    if not meshes:
        raise UserError(f"{folder} has no mesh files. Expected files that end in {', '.join(ENDINGS)}.")
    shapes, wrong = [], []
    for path in meshes:
        try:
            shapes += _read(path, metres)
        except Exception as error:  # trimesh's loaders raise whatever a broken file makes them stumble over
            wrong.append(f"{path.name}: {type(error).__name__}: {error}")
    if wrong:
        raise UserError(f"these meshes in {folder} cannot be read; export them anew:\n{offenders(wrong)}")
    return shapes


def _read(path: Path, metres: float) -> list[Shape]:
    """The shapes of one file, by label; raises what trimesh raises, and ValueError where there is nothing to see."""
    kind = path.suffix.lower()[1:]
    split = {"split_objects": True, "split_groups": True} if kind == "obj" else {}  # else their names are lost
    scene = trimesh.load_scene(path, file_type=kind, process=False, **split)
    shapes, meshes = [], [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
    if not meshes:
        raise ValueError("no triangles in it (compressed glTF, such as Draco's, is not read)")
    for mesh in meshes:
        if plain := _plain(mesh, metres):
            material = getattr(getattr(mesh.visual, "material", None), "name", None) or ""
            label = f"{path.stem}/{mesh.metadata['node']}/{mesh.metadata['name']}/{material}"
            shapes.append(Shape(label, plain, _own_look(mesh.visual)))
    if not shapes:
        raise ValueError(f"no triangle in it is higher than {SLIVER_M:g} m; is `metres:` in {RULES} right?")
    return sorted(shapes, key=lambda shape: shape.label)


def _plain(mesh: trimesh.Trimesh, metres: float) -> trimesh.Trimesh | None:
    """The mesh in metres with each corner once, so that faces know their neighbours; None where no face has an area."""
    with np.errstate(over="ignore"):
        vertices = mesh.vertices * metres
    if not np.isfinite(vertices).all():
        raise ValueError("a vertex is not finite")
    plain = trimesh.Trimesh(vertices, mesh.faces, process=False)
    plain.merge_vertices(merge_norm=True, merge_tex=True)
    plain.update_faces(plain.nondegenerate_faces(height=SLIVER_M))
    plain.remove_unreferenced_vertices()
    return plain if len(plain.faces) else None


def _own_look(visual: Visuals) -> Material:
    """The surface that a file describes: its mean colour, and for glTF metal and roughness; grey paint without colour.

    A roughness r is a Blinn-Phong exponent n = 2 / r**4 - 2. The lobe peaks at F (n + 2) / 8 times white paint, where
    F, the reflectance along the normal, is 0.04 for what is no metal and the mean albedo for metal. Shininess and
    gloss are kept to the range that MATERIALS has.
    """
    colour = _colour(visual)
    if colour is None:
        return MATERIALS["grey paint"]
    if not np.isfinite(colour).all():
        raise ValueError("a colour is not finite")
    red, green, blue = albedo = tuple(round(float(value), 4) for value in np.clip(colour, 0.005, 1))  # black has no hue
    material = getattr(visual, "material", None)
    if not isinstance(material, PBRMaterial):
        return Material(albedo)
    factors = (material.roughnessFactor, material.metallicFactor)
    roughness, metallic = (1.0 if factor is None else min(max(factor, 0.0), 1.0) for factor in factors)
    texels = uv_to_color(visual.uv, material.metallicRoughnessTexture)
    if texels is not None:
        roughness, metallic = np.multiply((roughness, metallic), texels[:, 1:3].mean(axis=0) / 255).tolist()
    shininess = min(max(2 / max(roughness, 0.1) ** 4 - 2, 5.0), 200.0)
    mirror = 0.04 + ((red + green + blue) / 3 - 0.04) * metallic
    return Material(albedo, round(min(mirror * (shininess + 2) / 8, 5.0), 4), round(shininess, 2), round(metallic, 4))


def _colour(visual: Visuals) -> np.ndarray | None:
    """Mean linear RGB (3,) of a file's own colours, or None.

    Factors of glTF, Kd of OBJ and vertex colours are taken as linear, textures, sampled at the vertices, as sRGB.
    """
    material = getattr(visual, "material", None)
    if material is None:
        return visual.vertex_colors[:, :3].mean(axis=0) / 255 if visual.defined else None
    gltf = isinstance(material, PBRMaterial)
    factor = material.baseColorFactor if gltf else material.kwargs.get("kd")
    factor = None if factor is None else np.ravel(factor)[:3] / (255 if gltf else 1)
    texels = uv_to_color(visual.uv, material.baseColorTexture if gltf else material.image)
    if texels is None:  # no texture, or no Pillow to read it with
        return factor
    srgb = texels[:, :3] / 255
    mean = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).mean(axis=0)
    return mean * factor if gltf and factor is not None else mean  # many writers leave Kd black beside a texture
