"""A craft as triangles, with part and material per face, and the rays that hit it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import trimesh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from trimesh.ray.ray_pyembree import RayMeshIntersector

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.craft import key_points, solids
from pipeline.scenes.materials import MATERIALS, Material

SMOOTH = np.radians(30)  # faces that meet at less than this are one curved surface
KEY_POINTS = 12


@dataclass(frozen=True)
class Piece:
    """Triangles of one part and material.

    Attributes:
        mesh: in body axes, metres
        panel: True for solar panel, False for body
        material: of each face, (F,) indices into the craft's materials
        axes: (3, 3) own axes to body axes; cells and wrinkles run along them
    """

    mesh: trimesh.Trimesh
    panel: bool
    material: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True)
class CraftMesh:
    """A craft ready for rays; F faces, V vertices, body axes in metres.

    Attributes:
        vertices: (V, 3) float32
        triangles: (F, 3, 3) float32, the vertices of each face
        normal, tangent, bitangent: (F, 3) float32 unit vectors
        corner_normals: (F, 3, 3) float32 unit vectors, equal to `normal` on flat faces, averaged on curved ones
        part: (F,) uint8, BODY or PANEL
        material: (F,) int, index into `materials`
        surface: (F,) int, equal on the triangles of one flat or curved surface
        materials: what the faces are made of
        key_points: (K, 3), those chosen for the craft, or vertices spread over it
        rays: the embree scene
    """

    vertices: np.ndarray
    triangles: np.ndarray
    normal: np.ndarray
    tangent: np.ndarray
    bitangent: np.ndarray
    corner_normals: np.ndarray
    part: np.ndarray
    material: np.ndarray
    surface: np.ndarray
    materials: tuple[Material, ...]
    key_points: np.ndarray
    rays: RayMeshIntersector

    def first_hit(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Face (N,) that each ray (N, 3), (N, 3) meets first; -1 where it meets none."""
        return self.rays.intersects_first(origins, directions)

    def points(self, face: np.ndarray, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Where rays (N, 3) from one origin (3,) meet the planes of their faces (N,): (N, 3) float32 metres."""
        normal = self.normal[face]
        along = np.einsum("ij,ij->i", directions, normal)
        ahead = np.einsum("ij,ij->i", self.triangles[face, 0] - origin, normal)
        depth = ahead / np.where(np.abs(along) < 1e-6, 1e-6, along)
        return (origin + directions * depth[:, None]).astype(np.float32)

    def shading_normal(self, face: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Unit normals (N, 3) at points (N, 3) of faces (N,), blended between the corners."""
        a, b, c = np.moveaxis(self.triangles[face], 1, 0)
        ab, ac, ap = b - a, c - a, points - a
        aa, cc, bc = (np.einsum("ij,ij->i", x, y) for x, y in ((ab, ab), (ac, ac), (ab, ac)))
        pa, pc = (np.einsum("ij,ij->i", ap, y) for y in (ab, ac))
        area = np.maximum(aa * cc - bc * bc, 1e-20)
        v = np.clip((cc * pa - bc * pc) / area, 0, 1)[:, None]
        w = np.clip((aa * pc - bc * pa) / area, 0, 1)[:, None]
        corner = self.corner_normals[face]
        blended = corner[:, 0] * (1 - v - w) + corner[:, 1] * v + corner[:, 2] * w
        return blended / np.maximum(np.sqrt(np.einsum("ij,ij->i", blended, blended)), 1e-6)[:, None]


@cache
def craft_mesh(name: str) -> CraftMesh:
    """The mesh of a built-in craft, built once a process."""
    names = list(MATERIALS)
    pieces = []
    for solid in solids(name):
        mesh, axes = solid.mesh(), solid.place[:3, :3]
        material = np.full(len(mesh.faces), names.index(solid.material))
        if solid.back:
            material[(mesh.face_normals @ axes)[:, 2] < -0.2] = names.index(solid.back)
        pieces.append(Piece(mesh, solid.panel, material, axes))
    mesh = build(pieces, tuple(MATERIALS.values()))
    chosen = key_points(name)
    return mesh if chosen is None else replace(mesh, key_points=np.array(chosen))


def build(pieces: Sequence[Piece], materials: tuple[Material, ...]) -> CraftMesh:
    """One mesh of all pieces, with its embree scene."""
    # afresh, for a mesh that was inverted keeps the normals it had
    pieces = [replace(p, mesh=trimesh.Trimesh(p.mesh.vertices, p.mesh.faces, process=False)) for p in pieces]
    whole = trimesh.util.concatenate([piece.mesh for piece in pieces])
    tangents, corners, surfaces = [], [], []
    for piece in pieces:
        own = piece.mesh.face_normals @ piece.axes
        reference = np.eye(3)[np.where(np.abs(own[:, 0]) < 0.9, 0, 1)]
        tangent = np.cross(own, reference)
        tangents.append(tangent / np.linalg.norm(tangent, axis=1, keepdims=True) @ piece.axes.T)
        surface, corner = _curved(piece.mesh)
        surfaces.append(surface + (surfaces[-1].max() + 1 if surfaces else 0))
        corners.append(corner)
    normal, tangent = whole.face_normals, np.concatenate(tangents)
    return CraftMesh(
        vertices=whole.vertices.astype(np.float32),
        triangles=whole.triangles.astype(np.float32),
        normal=normal.astype(np.float32),
        tangent=tangent.astype(np.float32),
        bitangent=np.cross(normal, tangent).astype(np.float32),
        corner_normals=np.concatenate(corners).astype(np.float32),
        part=np.concatenate([np.full(len(p.mesh.faces), PANEL if p.panel else BODY, np.uint8) for p in pieces]),
        material=np.concatenate([piece.material for piece in pieces]),
        surface=np.concatenate(surfaces),
        materials=materials,
        key_points=spread_points(whole.vertices, KEY_POINTS).astype(np.float32),
        rays=RayMeshIntersector(whole),
    )


def _curved(mesh: trimesh.Trimesh) -> tuple[np.ndarray, np.ndarray]:
    """Surface number (F,) and corner normals (F, 3, 3) of a mesh, smooth where faces meet at a small angle."""
    count = len(mesh.faces)
    pairs = mesh.face_adjacency[mesh.face_adjacency_angles < SMOOTH]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    surface = connected_components(links, directed=False)[1]
    keys = surface[:, None].astype(np.int64) * len(mesh.vertices) + mesh.faces
    _, corner = np.unique(keys, return_inverse=True)
    corner = corner.reshape(keys.shape)
    total = np.zeros((corner.max() + 1, 3))
    for i in range(3):
        np.add.at(total, corner[:, i], mesh.face_normals * mesh.face_angles[:, i : i + 1])
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)
    return surface, total[corner]


def spread_points(vertices: np.ndarray, count: int) -> np.ndarray:
    """`count` of the vertices (V, 3), far from one another, or all of them where there are fewer places: (K, 3).

    Farthest-point sampling from the vertex farthest from the centroid, as PVNet (Peng et al., CVPR 2019) chooses key
    points.
    """
    distance = np.linalg.norm(vertices - vertices.mean(axis=0), axis=1)
    chosen = []
    for _ in range(min(count, len(np.unique(vertices.round(6), axis=0)))):
        chosen.append(int(np.argmax(distance.round(6))))
        away = np.linalg.norm(vertices - vertices[chosen[-1]], axis=1)
        distance = away if len(chosen) == 1 else np.minimum(distance, away)
    return vertices[chosen]
