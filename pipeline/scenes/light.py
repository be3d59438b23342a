"""Light on surfaces: one hard sun with cast shadows, Lambert and Blinn-Phong, and a faint fill."""

import numpy as np

from pipeline.scenes.background import fractal, sample
from pipeline.scenes.materials import MATERIALS
from pipeline.scenes.mesh import CraftMesh

TABLE = {
    name: np.array([getattr(m, name) for m in MATERIALS.values()], np.float32)
    for name in ("albedo", "gloss", "shininess", "metallic", "crinkle", "cell_m", "grid")
}
CRINKLE_M = 2.2  # metres of foil that one noise tile covers
LINE = 0.07  # width of the lines between solar cells, cells


def shade(
    mesh: CraftMesh,
    face: np.ndarray,
    points: np.ndarray,
    to_eye: np.ndarray,
    sun: np.ndarray,
    fill: np.ndarray,
    fill_from: np.ndarray,
    footprint_m: float,
) -> np.ndarray:
    """Linear radiance (N, 3) float32 that leaves N surface points; 1 is white paint that faces the sun.

    Args:
        mesh: the craft
        face: (N,) faces
        points: (N, 3) metres, body axes
        to_eye: (N, 3) unit vectors towards the camera, body axes
        sun: (3,) unit vector towards the sun, body axes
        fill: (3,) radiance of the faint light that comes from everywhere, more from `fill_from` (3,) unit
        footprint_m: what a pixel covers, metres; the cell grid fades as it nears a cell's size
    """
    look = {name: values[mesh.material[face]] for name, values in TABLE.items()}
    u = np.einsum("ij,ij->i", points, mesh.tangent[face])
    v = np.einsum("ij,ij->i", points, mesh.bitangent[face])
    normal = _crinkled(mesh, face, u, v, look["crinkle"])
    albedo = _with_cells(look, u, v, footprint_m)
    lit = _lit(mesh, face, points, sun)
    facing = np.maximum(normal @ sun, 0) * lit
    half = to_eye + sun
    half /= np.sqrt(np.einsum("ij,ij->i", half, half))[:, None] + 1e-6
    peak = np.maximum(np.einsum("ij,ij->i", normal, half), 0) ** look["shininess"]
    tint = 1 + look["metallic"][:, None] * (look["albedo"] / look["albedo"].max(axis=1, keepdims=True) - 1)
    around = fill * (0.6 + 0.4 * (normal @ fill_from))[:, None]
    reflected = 0.15 * look["gloss"][:, None] * tint * around
    return albedo * (facing[:, None] + around) + reflected + (look["gloss"] * peak * lit)[:, None] * tint


def _lit(mesh: CraftMesh, face: np.ndarray, points: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """1 where the sun reaches the point, 0 where the face looks away or a shadow ray is stopped: (N,) float32."""
    lit = mesh.normal[face] @ sun > 1e-4
    starts = points[lit] + mesh.normal[face[lit]] * 2e-3
    lit[lit] = mesh.first_hit(starts, np.broadcast_to(sun, starts.shape)) < 0
    return lit.astype(np.float32)


def _crinkled(mesh: CraftMesh, face: np.ndarray, u: np.ndarray, v: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Normals (N, 3) tilted as crinkled foil tilts them."""
    normal = mesh.normal[face].copy()
    foil = np.flatnonzero(slope > 0)
    if len(foil):
        uf, vf, face = u[foil][:, None] / CRINKLE_M, v[foil][:, None] / CRINKLE_M, face[foil]
        for seed, direction in ((3, mesh.tangent), (4, mesh.bitangent)):
            normal[foil] += direction[face] * (slope[foil][:, None] * _rough(seed, uf, vf))
        normal[foil] /= np.linalg.norm(normal[foil], axis=1, keepdims=True)
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
