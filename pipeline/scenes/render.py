"""Scene -> picture and labels, by ray casting."""

from dataclasses import dataclass

import numpy as np

from pipeline.dataset.mask_colours import BODY
from pipeline.errors import UserError
from pipeline.scenes.background import add_stars, globe_radiance
from pipeline.scenes.light import Lights, shade
from pipeline.scenes.mesh import CraftMesh
from pipeline.scenes.scene import Scene, draw
from pipeline.scenes.sensor import BRIGHTEST, add_glare, expose
from pipeline.scenes.studio import Studio

MIN_BODY = 300 / 1024**2  # of the image: body pixels every image shows
ATTEMPTS = 40
SUBPIXELS = np.array([(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)], np.float32)
SHINE = {"earth": (0.22, 0.28, 0.38), "moon": (0.10, 0.10, 0.09)}  # mean radiance of a full globe
HIGHLIGHT = 4.0  # linear; a ray that sees more counts as this, so that edges of highlights stay smooth


@dataclass(frozen=True)
class View:
    """A scene and what the camera's rays meet first.

    Attributes:
        craft: the class
        mesh: its mesh
        scene: what it shows
        labels: (S, S) uint8: 0 background, 1 body, 2 panel, the first hit at each pixel's centre
        faces: (h, w) int, the faces hit inside the craft's rectangle, -1 for none
        corner: (x, y) of that rectangle in the image, pixels
    """

    craft: str
    mesh: CraftMesh
    scene: Scene
    labels: np.ndarray
    faces: np.ndarray
    corner: tuple[int, int]


def look(studio: Studio, split: str, index: int) -> View:
    """What image `index` of a split shows; the same arguments give the same view.

    A craft that shows too little of its body, or of itself where ranges are drawn, is drawn again.

    Raises:
        UserError: it never shows enough.
    """
    craft = studio.craft_of(split, index)
    mesh = studio.mesh(craft)
    key = (studio.seed, split, index)
    for attempt in range(ATTEMPTS):
        scene = draw(studio.domain, key, len(studio.classes), mesh, studio.size, attempt)
        labels, faces, corner = first_hits(scene, mesh)
        shown = labels == BODY if studio.domain.range_m is None else labels > 0
        if shown.sum() >= max(1, MIN_BODY * studio.size**2):
            return View(craft, mesh, scene, labels, faces, corner)
    raise UserError(
        f"class {craft!r}: none of {ATTEMPTS} attempts showed enough of its body. Is it hidden, or much smaller than "
        "the panels?"
    )


def first_hits(scene: Scene, mesh: CraftMesh) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Labels (S, S), and the faces (h, w) hit inside the craft's rectangle (-1 for none) with its corner (x, y)."""
    camera = scene.camera
    labels = np.zeros((camera.size, camera.size), np.uint8)
    pixels = camera.project(scene.pose.to_camera(mesh.vertices))
    x0, y0 = np.clip(np.floor(pixels.min(0)).astype(int) - 1, 0, camera.size)
    x1, y1 = np.clip(np.ceil(pixels.max(0)).astype(int) + 1, 0, camera.size)
    centres = np.stack(np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5), -1).reshape(-1, 2)
    faces = mesh.first_hit(*body_rays(scene, centres)).reshape(y1 - y0, x1 - x0)
    labels[y0:y1, x0:x1] = np.where(faces >= 0, mesh.part[faces], 0)
    return labels, faces, (int(x0), int(y0))


def body_rays(scene: Scene, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Origins and unit directions, (N, 3) float32 each, body axes, of the rays through pixels (N, 2)."""
    directions = scene.camera.rays(pixels) @ scene.pose.rotation.astype(np.float32)
    return np.broadcast_to(scene.pose.eye.astype(np.float32), directions.shape), directions


def photograph(view: View) -> np.ndarray:
    """The picture (S, S, 3) uint8, (S, S) of a grey sensor: sky, the craft over it, what lens and sensor make of it."""
    scene = view.scene
    size = scene.camera.size
    rng = np.random.default_rng(scene.seed)
    light = np.zeros((size, size, 3), np.float32)
    add_stars(light, scene.stars, rng)
    light /= scene.optics.exposure  # stars are as bright in pictures of dim craft
    if scene.globe is not None:
        radiance, opacity = globe_radiance(scene.globe, scene.sun, scene.camera)
        light *= 1 - opacity[..., None]
        light += radiance
    colour, cover = _craft(view)
    (x, y), (h, w) = view.corner, view.faces.shape
    light[y : y + h, x : x + w] *= 1 - cover[..., None]
    light[y : y + h, x : x + w] += colour
    light *= scene.optics.exposure
    if scene.background == "sun":
        add_glare(light, scene.sun, scene.camera, 0.05 if _hides_sun(view) else 1.0)
    return expose(np.minimum(light, BRIGHTEST), scene.optics, rng)


def _hides_sun(view: View) -> bool:
    """Whether the craft stands between camera and sun."""
    sun = (view.scene.pose.rotation.T @ view.scene.sun).astype(np.float32)[None]
    return bool(view.mesh.first_hit(view.scene.pose.eye.astype(np.float32)[None], sun)[0] >= 0)


def _craft(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Linear colour times coverage (h, w, 3) and coverage (h, w); pixels on an edge are the mean of four rays."""
    scene, mesh, faces, corner = view.scene, view.mesh, view.faces, view.corner
    lights = _lights(scene)
    colour = np.zeros((*faces.shape, 3), np.float32)
    cover = (faces >= 0).astype(np.float32)
    edge = _edges(mesh, faces)
    row, column = np.nonzero((faces >= 0) & ~edge)
    pixels = np.stack([column + corner[0] + 0.5, row + corner[1] + 0.5], 1)
    colour[row, column] = _shaded(scene, mesh, lights, faces[row, column], body_rays(scene, pixels)[1])
    row, column = np.nonzero(edge)
    pixels = np.stack([column + corner[0] + 0.5, row + corner[1] + 0.5], 1)
    origins, directions = body_rays(scene, (pixels[:, None] + SUBPIXELS).reshape(-1, 2))
    face = mesh.first_hit(origins, directions)
    fine = np.zeros((len(face), 3), np.float32)
    fine[face >= 0] = _shaded(scene, mesh, lights, face[face >= 0], directions[face >= 0])
    colour[row, column] = fine.reshape(-1, len(SUBPIXELS), 3).mean(axis=1)
    cover[row, column] = (face >= 0).reshape(-1, len(SUBPIXELS)).mean(axis=1)
    return colour, cover


def _lights(scene: Scene) -> Lights:
    """What shines on the craft, in body axes."""
    to_body = scene.pose.rotation.T
    fill, fill_from, globe, globe_cos = np.full(3, scene.ambient), np.array((0, 0, -1.0)), np.zeros(3), 2.0
    if scene.globe is not None:
        full = np.array(SHINE[scene.globe.kind]) * (0.5 - 0.5 * scene.globe.towards @ scene.sun)
        fill = fill + full * np.sin(scene.globe.radius) ** 2
        fill_from, globe, globe_cos = scene.globe.towards, full, np.cos(scene.globe.radius)
    turned = [np.asarray(a, np.float32) for a in (to_body @ scene.sun, fill, to_body @ fill_from, globe)]
    return Lights(*turned, globe_cos=float(globe_cos))


def _shaded(scene: Scene, mesh: CraftMesh, lights: Lights, face: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Linear colour (N, 3) of the faces (N,) that rays (N, 3) meet, body axes."""
    points = mesh.points(face, scene.pose.eye.astype(np.float32), directions)
    footprint = float(scene.pose.translation[2] / scene.camera.focal_px)
    return np.minimum(shade(mesh, face, points, -directions, lights, footprint), HIGHLIGHT)


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
