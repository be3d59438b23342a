"""Light on surfaces: one hard sun with cast shadows, Lambert and Blinn-Phong, mirror images of Earth, a faint fill."""

from dataclasses import dataclass

import numpy as np

from pipeline.scenes.background import fractal, sample
from pipeline.scenes.materials import Material
from pipeline.scenes.mesh import CraftMesh

CRINKLE_M = 2.2  # metres of foil that one noise tile covers
LINE = 0.07  # width of the lines between solar cells, cells


@dataclass(frozen=True)
class Lights:
    """What shines on the craft; directions are unit vectors (3,) in body axes.

    Attributes:
        sun: towards the sun
        fill: (3,) radiance of the faint light from all around
        fill_from: where more of it comes from
        globe: (3,) mean radiance of Earth or Moon, which shiny surfaces mirror; zeros where there is none
        globe_cos: cosine of its angular radius
    """

    sun: np.ndarray
    fill: np.ndarray
    fill_from: np.ndarray
    globe: np.ndarray
    globe_cos: float


def shade(
    mesh: CraftMesh, face: np.ndarray, points: np.ndarray, to_eye: np.ndarray, lights: Lights, footprint_m: float
) -> np.ndarray:
    """Linear radiance (N, 3) float32 that leaves N surface points; 1 is a perfectly white face towards the sun.

    Args:
        mesh: the craft
        face: (N,) faces
        points: (N, 3) metres, body axes
        to_eye: (N, 3) unit vectors towards the camera, body axes
        lights: what shines
        footprint_m: what a pixel covers, metres; the cell grid fades as it nears a cell's size
    """
    look = _look(mesh.materials, mesh.material[face])
    u = np.einsum("ij,ij->i", points, mesh.tangent[face])
    v = np.einsum("ij,ij->i", points, mesh.bitangent[face])
    side = np.where(np.einsum("ij,ij->i", mesh.normal[face], to_eye) < 0, -1, 1).astype(np.float32)[:, None]
    flat = mesh.normal[face] * side  # user meshes may be inside out
    normal = _crinkled(mesh, face, mesh.shading_normal(face, points) * side, points, look["crinkle"])
    albedo = _with_cells(look, u, v, footprint_m)
    lit = _lit(mesh, flat, points, lights.sun)
    facing = np.maximum(normal @ lights.sun, 0) * lit
    half = to_eye + lights.sun
    half /= np.sqrt(np.einsum("ij,ij->i", half, half))[:, None] + 1e-6
    peak = np.maximum(np.einsum("ij,ij->i", normal, half), 0) ** look["shininess"]
    straight = np.clip(np.einsum("ij,ij->i", normal, to_eye), 0, 1)
    grazing = (1 - straight) ** 5  # Schlick's approximation of Fresnel reflection
    tint = 1 + look["metallic"][:, None] * (look["albedo"] / look["albedo"].max(axis=1, keepdims=True) - 1)
    around = lights.fill * (0.6 + 0.4 * (normal @ lights.fill_from))[:, None]
    mirror = np.minimum(look["shininess"] / 150, 1) * (0.06 + 0.6 * look["metallic"] + 0.5 * grazing)
    seen = 2 * straight * (normal @ lights.fill_from) - to_eye @ lights.fill_from
    mirrored = lights.globe * np.clip((seen - lights.globe_cos) * 12 + 0.5, 0, 1)[:, None]
    glint = look["gloss"] * peak * lit * (1 + 3 * grazing)
    return albedo * (facing[:, None] + around) + (mirror[:, None] * (mirrored + around) + glint[:, None]) * tint


def _look(materials: tuple[Material, ...], which: np.ndarray) -> dict[str, np.ndarray]:
    """The attributes of the materials of N points, each (N,) or (N, 3) float32."""
    names = ("albedo", "gloss", "shininess", "metallic", "crinkle", "cell_m", "grid")
    return {name: np.array([getattr(m, name) for m in materials], np.float32)[which] for name in names}


def _lit(mesh: CraftMesh, flat: np.ndarray, points: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """1 where the sun reaches the point, 0 where the face looks away or a shadow ray is stopped: (N,) float32."""
    lit = flat @ sun > 1e-4
    starts = points[lit] + flat[lit] * 2e-3
    lit[lit] = mesh.first_hit(starts, np.broadcast_to(sun, starts.shape)) < 0
    return lit.astype(np.float32)


def _crinkled(
    mesh: CraftMesh, face: np.ndarray, normal: np.ndarray, points: np.ndarray, slope: np.ndarray
) -> np.ndarray:
    """Normals (N, 3) tilted as crinkled foil tilts them; wrinkles are cast along the body axis that a face looks to."""
    foil = np.flatnonzero(slope > 0)
    if len(foil):
        face, tilted = face[foil], normal[foil]
        axis = np.abs(mesh.normal[face]).argmax(axis=1)[:, None]
        uf, vf = (np.take_along_axis(points[foil], (axis + i) % 3, axis=1) / CRINKLE_M for i in (1, 2))
        for seed, direction in ((3, mesh.tangent), (4, mesh.bitangent)):
            tilted += direction[face] * (slope[foil][:, None] * _rough(seed, uf, vf))
        normal[foil] = tilted / np.linalg.norm(tilted, axis=1, keepdims=True)
    return normal


def _rough(which: int, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Noise (N, 1) at (N, 1) places; cv2.remap takes no more than 32,767 rows, so in square blocks."""
    width = 256
    pad = -len(u) % width
    block = [np.pad(a[:, 0], (0, pad)).reshape(-1, width) for a in (u, v)]
    return sample(fractal(which, 1.2), *block).reshape(-1, 1)[: len(u)]


def _with_cells(look: dict[str, np.ndarray], u: np.ndarray, v: np.ndarray, footprint_m: float) -> np.ndarray:
    """Albedo (N, 3) with the lines between solar cells drawn in."""
    albedo = look["albedo"].copy()
    cells = np.flatnonzero(look["cell_m"] > 0)
    if len(cells):
        cell = look["cell_m"][cells]
        at = np.stack([u[cells], v[cells]]) / cell
        line = (np.abs(at - np.round(at)) < LINE / 2 + 0.25 * footprint_m / cell).any(axis=0)
        sharp = np.clip(1.6 - 4 * footprint_m / cell, 0, 1)  # a grid finer than the pixels becomes its mean
        weight = (sharp * line + (1 - sharp) * 2 * LINE)[:, None]
        albedo[cells] += (look["grid"][cells] - albedo[cells]) * weight
    return albedo
