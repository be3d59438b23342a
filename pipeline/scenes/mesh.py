"""Primitives -> one triangle mesh a craft, with part and material per face, and the rays that hit it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.craft import Primitive
from pipeline.scenes.materials import MATERIALS


@dataclass(frozen=True)
class CraftMesh:
    """A craft ready for rays; F faces, V vertices, body axes in metres.

    Attributes:
        vertices: (V, 3) float32
        corner: (F, 3) float32, one vertex of each face
        normal, tangent, bitangent: (F, 3) float32 unit vectors; tangents run along the primitive's own axes
        part: (F,) uint8, BODY or PANEL
        material: (F,) int, index into list(MATERIALS)
        surface: (F,) int, equal on the triangles of one flat face
        rays: the embree scene
    """

    vertices: np.ndarray
    corner: np.ndarray
    normal: np.ndarray
    tangent: np.ndarray
    bitangent: np.ndarray
    part: np.ndarray
    material: np.ndarray
    surface: np.ndarray
    rays: RayMeshIntersector

    def first_hit(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Face (N,) that each ray (N, 3), (N, 3) meets first; -1 where it meets none."""
        return self.rays.intersects_first(origins, directions)

    def points(self, face: np.ndarray, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Where rays (N, 3) from one origin (3,) meet the planes of their faces (N,): (N, 3) float32 metres."""
        normal = self.normal[face]
        along = np.einsum("ij,ij->i", directions, normal)
        depth = np.einsum("ij,ij->i", self.corner[face] - origin, normal) / np.where(np.abs(along) < 1e-6, 1e-6, along)
        return (origin + directions * depth[:, None]).astype(np.float32)


def solid(primitive: Primitive) -> tuple[trimesh.Trimesh, np.ndarray]:
    """The primitive's closed mesh in body axes, and its rotation (3, 3)."""
    if primitive.sides:
        bottom, top, height = primitive.size
        line = [(0, -height / 2), (bottom, -height / 2), (top, height / 2), (0, height / 2)]
        mesh = trimesh.creation.revolve(line, sections=primitive.sides)
    else:
        mesh = trimesh.creation.box(primitive.size)
    place = trimesh.transformations.euler_matrix(*np.radians(primitive.turn), axes="sxyz")
    place[:3, 3] = primitive.at
    mesh.apply_transform(place)
    return mesh, place[:3, :3]


def build(primitives: Sequence[Primitive]) -> CraftMesh:
    """One mesh of all primitives, with its embree scene."""
    names = list(MATERIALS)
    meshes, tangents, parts, materials = [], [], [], []
    for primitive in primitives:
        mesh, rotation = solid(primitive)
        own = mesh.face_normals @ rotation
        material = np.full(len(own), names.index(primitive.material))
        if primitive.back:
            material[own[:, 2] < -0.99] = names.index(primitive.back)
        reference = np.eye(3)[np.where(np.abs(own[:, 0]) < 0.9, 0, 1)]
        tangent = np.cross(own, reference)
        meshes.append(mesh)
        tangents.append(tangent / np.linalg.norm(tangent, axis=1, keepdims=True) @ rotation.T)
        parts.append(np.full(len(own), PANEL if primitive.panel else BODY, np.uint8))
        materials.append(material)
    whole = trimesh.util.concatenate(meshes)
    normal, tangent = whole.face_normals, np.concatenate(tangents)
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.faces) for mesh in meshes])
    planes = np.column_stack([owner, normal.round(3)]) + 0.0  # + 0.0 makes -0.0 and 0.0 the same bytes
    return CraftMesh(
        vertices=whole.vertices.astype(np.float32),
        corner=whole.triangles[:, 0].astype(np.float32),
        normal=normal.astype(np.float32),
        tangent=tangent.astype(np.float32),
        bitangent=np.cross(normal, tangent).astype(np.float32),
        part=np.concatenate(parts),
        material=np.concatenate(materials),
        surface=np.unique(planes, axis=0, return_inverse=True)[1].ravel(),
        rays=RayMeshIntersector(whole),
    )
