"""Scene -> picture and labels, by ray casting."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from pipeline.dataset.mask_colours import BODY
from pipeline.scenes.background import add_stars, earth_radiance
from pipeline.scenes.camera import Camera
from pipeline.scenes.craft import CRAFT
from pipeline.scenes.light import shade
from pipeline.scenes.mesh import CraftMesh, build
from pipeline.scenes.scene import Scene, craft_of, draw

MIN_BODY = 300 / 1024**2  # of the image: body pixels every image shows
ATTEMPTS = 40
SUBPIXELS = np.array([(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)], np.float32)
GRAIN_ROOM = 256  # how far the grain tile may be shifted, pixels


@dataclass(frozen=True)
class Picture:
    """A rendered image.

    Attributes:
        image: (S, S, 3) uint8 RGB
        labels: (S, S) uint8: 0 background, 1 body, 2 panel, the first hit at each pixel's centre
        scene: what it shows
    """

    image: np.ndarray
    labels: np.ndarray
    scene: Scene


@cache
def craft_mesh(name: str) -> CraftMesh:
    """The mesh of a class, built once a process."""
    return build(CRAFT[name])


def photograph(seed: int, split: str, index: int, size: int) -> Picture:
    """Image `index` of a split, at size x size pixels; the same arguments give the same pixels.

    A craft that shows too little of its body is drawn again.
    """
    mesh, camera = craft_mesh(craft_of(seed, split, index)), Camera(size)
    for attempt in range(ATTEMPTS):
        scene = draw(seed, split, index, mesh, camera, attempt)
        labels, faces, corner = first_hits(scene, mesh, camera)
        if (labels == BODY).sum() >= max(1, MIN_BODY * size * size):
            return Picture(_develop(scene, mesh, camera, faces, corner), labels, scene)
    raise RuntimeError(f"no visible craft in {ATTEMPTS} attempts: seed {seed}, {split} {index}, size {size}")


def first_hits(scene: Scene, mesh: CraftMesh, camera: Camera) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Labels (S, S), and the faces (h, w) hit inside the craft's rectangle (-1 for none) with its corner (x, y)."""
    labels = np.zeros((camera.size, camera.size), np.uint8)
    pixels = camera.project(scene.pose.to_camera(mesh.vertices))
    x0, y0 = np.clip(np.floor(pixels.min(0)).astype(int) - 1, 0, camera.size)
    x1, y1 = np.clip(np.ceil(pixels.max(0)).astype(int) + 1, 0, camera.size)
    centres = np.stack(np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5), -1).reshape(-1, 2)
    directions = _body_rays(scene, camera, centres)
    faces = mesh.first_hit(_from_eye(scene, directions), directions).reshape(y1 - y0, x1 - x0)
    labels[y0:y1, x0:x1] = np.where(faces >= 0, mesh.part[faces], 0)
    return labels, faces, (x0, y0)


def _body_rays(scene: Scene, camera: Camera, pixels: np.ndarray) -> np.ndarray:
    return camera.rays(pixels) @ scene.pose.rotation.astype(np.float32)


def _from_eye(scene: Scene, directions: np.ndarray) -> np.ndarray:
    return np.broadcast_to(scene.pose.eye.astype(np.float32), directions.shape)


def _develop(scene: Scene, mesh: CraftMesh, camera: Camera, faces: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    """The picture (S, S, 3) uint8: sky, craft over it, then lens haze and sensor noise."""
    rng = np.random.default_rng(scene.seed)
    picture = np.zeros((camera.size, camera.size, 3), np.float32)
    add_stars(picture, scene.stars, rng)
    if scene.earth is not None:
        light, opacity = earth_radiance(scene.earth, scene.sun, camera)
        picture *= 1 - opacity[..., None]
        picture += _display(light * scene.exposure)
    colour, cover = _craft(scene, mesh, camera, faces, corner)
    (x, y), (h, w) = corner, faces.shape
    picture[y : y + h, x : x + w] *= 1 - cover[..., None]
    picture[y : y + h, x : x + w] += colour
    picture *= (1 - scene.lift) * 255
    picture += scene.lift * 255
    dx, dy = rng.integers(0, GRAIN_ROOM, 2)
    grain = _grain(camera.size)[dy : dy + camera.size, dx : dx + camera.size]
    return cv2.addWeighted(picture, 1.0, grain, scene.noise * 255, 0.0, dtype=cv2.CV_8U)


@cache
def _grain(size: int) -> np.ndarray:
    """Normal noise with deviation 1, larger than the picture, from a fixed seed; each picture shifts it."""
    side = size + GRAIN_ROOM
    return np.random.default_rng(20261).standard_normal((side, side, 3), np.float32)


def _display(linear: np.ndarray) -> np.ndarray:
    """Linear radiance -> display value 0-1: saturates at 1, gamma 2.2."""
    return cv2.pow(np.clip(linear, 0, 1), 1 / 2.2)


def _craft(
    scene: Scene, mesh: CraftMesh, camera: Camera, faces: np.ndarray, corner: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Display colour times coverage (h, w, 3) and coverage (h, w); pixels on an edge are the mean of four rays."""
    colour = np.zeros((*faces.shape, 3), np.float32)
    cover = (faces >= 0).astype(np.float32)
    row, column = np.nonzero(faces >= 0)
    pixels = np.stack([column + corner[0] + 0.5, row + corner[1] + 0.5], 1)
    colour[row, column] = _look(scene, mesh, camera, faces[row, column], _body_rays(scene, camera, pixels))
    row, column = np.nonzero(_edges(mesh, faces))
    pixels = np.stack([column + corner[0] + 0.5, row + corner[1] + 0.5], 1)
    directions = _body_rays(scene, camera, (pixels[:, None] + SUBPIXELS).reshape(-1, 2))
    face = mesh.first_hit(_from_eye(scene, directions), directions)
    fine = np.zeros((len(face), 3), np.float32)
    fine[face >= 0] = _look(scene, mesh, camera, face[face >= 0], directions[face >= 0])
    colour[row, column] = fine.reshape(-1, len(SUBPIXELS), 3).mean(axis=1)
    cover[row, column] = (face >= 0).reshape(-1, len(SUBPIXELS)).mean(axis=1)
    return colour, cover


def _look(scene: Scene, mesh: CraftMesh, camera: Camera, face: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Display colour (N, 3) of the faces (N,) that rays (N, 3) meet, body axes."""
    to_body = scene.pose.rotation.T.astype(np.float32)
    points = mesh.points(face, scene.pose.eye.astype(np.float32), directions)
    fill, fill_from = np.full(3, 0.035, np.float32), np.array([0, 0, -1], np.float32)
    if scene.earth is not None:
        fill, fill_from = np.array([0.07, 0.085, 0.11], np.float32), scene.earth.towards.astype(np.float32)
    sun = to_body @ scene.sun.astype(np.float32)
    footprint = float(scene.pose.translation[2] / camera.focal_px)
    light = shade(mesh, face, points, -directions, sun, fill, to_body @ fill_from, footprint)
    return _display(light * scene.exposure)


def _edges(mesh: CraftMesh, faces: np.ndarray) -> np.ndarray:
    """Where a pixel's surface differs from a neighbour's: (h, w) bool."""
    surface = np.where(faces >= 0, mesh.surface[faces], -1)
    edge = np.zeros(faces.shape, bool)
    down, across = surface[1:] != surface[:-1], surface[:, 1:] != surface[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge
