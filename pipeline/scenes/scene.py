"""What one image shows, drawn from (seed, split, index): craft, pose, sun, Earth, exposure."""

from dataclasses import dataclass

import numpy as np

from pipeline.scenes.camera import Camera, Pose, place
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.mesh import CraftMesh

SPLITS = ("train", "val", "test")
LONGEST = (0.078, 0.84)  # longest side of the projected box, image sides, log-uniform
CUT = 0.10  # share of images whose craft the image edge cuts
DARK = 0.10  # share of images that are nearly dark
GOLDEN, ROOT2 = 0.6180339887498949, 0.41421356237309515


@dataclass(frozen=True)
class Earth:
    """Earth behind the craft.

    Attributes:
        towards: (3,) unit vector from the camera to Earth's centre, camera frame
        radius: angular radius, radians
        turn: (2,) where its clouds and land are, tiles of noise
        cloud: cloud cover, 0-1
    """

    towards: np.ndarray
    radius: float
    turn: np.ndarray
    cloud: float


@dataclass(frozen=True)
class Scene:
    """Everything an image is made of.

    Attributes:
        craft: one of CLASSES
        pose: where the craft is
        sun: (3,) unit vector towards the sun, camera frame
        earth: what stands behind the craft, None for black sky
        exposure: display brightness of a white surface that faces the sun, linear
        lift: brightness that haze and offset add everywhere, (3,) display units 0-1
        noise: standard deviation of the sensor's noise, display units 0-1
        stars: number of stars in the picture
        seed: of what is drawn at the size of the picture (stars, grain)
    """

    craft: str
    pose: Pose
    sun: np.ndarray
    earth: Earth | None
    exposure: float
    lift: np.ndarray
    noise: float
    stars: int
    seed: int


def craft_of(seed: int, split: str, index: int) -> str:
    """Ten classes in turn; on the test split in an order shuffled ten by ten, so that the index tells nothing."""
    turn = index % len(CLASSES)
    if split == "test":
        block = np.random.default_rng([seed, SPLITS.index(split), index // len(CLASSES), 1])
        turn = int(block.permutation(len(CLASSES))[turn])
    return CLASSES[turn]


def draw(seed: int, split: str, index: int, mesh: CraftMesh, camera: Camera, attempt: int = 0) -> Scene:
    """The scene of one image; `attempt` > 0 draws another, larger one, for a craft that was not visible enough."""
    rng = np.random.default_rng([seed, SPLITS.index(split), index, 2, attempt])
    size_turn, earth_turn = _even(seed, split, index)
    spread = np.log(LONGEST[1] / LONGEST[0])
    longest = LONGEST[0] * np.exp(spread * min(1.0, size_turn + 0.12 * attempt))
    quaternion = rng.normal(size=4)
    spot = rng.uniform(size=2)
    if rng.uniform() < CUT:
        out = rng.uniform(0.15, 0.6)
        spot[rng.integers(2)] = -out if rng.uniform() < 0.5 else 1 + out
    pose, _ = place(mesh.vertices, quaternion / np.linalg.norm(quaternion), camera, longest * camera.size, spot)
    earth = _earth(rng) if earth_turn < 0.5 else None
    exposure = np.exp(rng.normal(np.log(0.9), 0.35))
    if rng.uniform() < DARK:
        exposure *= rng.uniform(0.05, 0.2)
    lift = max(0.02, rng.normal(0.14, 0.045)) * (1 + rng.normal(0, 0.03, 3))
    return Scene(
        craft=craft_of(seed, split, index),
        pose=pose,
        sun=_sun(rng),
        earth=earth,
        exposure=float(exposure),
        lift=lift.astype(np.float32),
        noise=rng.uniform(0.006, 0.028),
        stars=int(np.exp(rng.uniform(np.log(300), np.log(6000)))),
        seed=int(rng.integers(2**31)),
    )


def _even(seed: int, split: str, index: int) -> tuple[float, float]:
    """Two numbers in [0, 1) that fill their range evenly over the images of a class (additive recurrence), so that
    sizes and backgrounds are balanced even in small sets."""
    start = np.random.default_rng([seed, SPLITS.index(split), 3, index % len(CLASSES)]).uniform(size=2)
    turn = index // len(CLASSES)
    return float((start[0] + turn * GOLDEN) % 1), float((start[1] + turn * ROOT2) % 1)


def _sun(rng: np.random.Generator) -> np.ndarray:
    """Towards the sun: 15 to 115 degrees away from the line that runs from the craft to the camera."""
    phase, around = np.radians(rng.uniform(15, 115)), rng.uniform(0, 2 * np.pi)
    return np.array([np.sin(phase) * np.cos(around), np.sin(phase) * np.sin(around), -np.cos(phase)])


def _earth(rng: np.random.Generator) -> Earth:
    """Filling the picture, or with its limb in it."""
    radius = np.radians(rng.uniform(45, 68))
    fills = rng.uniform() < 0.6
    away = radius * rng.uniform(0, 0.4) if fills else radius + np.radians(rng.uniform(-16, 6))
    around = rng.uniform(0, 2 * np.pi)
    towards = np.array([np.sin(away) * np.cos(around), np.sin(away) * np.sin(around), np.cos(away)])
    return Earth(towards, float(radius), rng.uniform(size=2), float(rng.uniform(0.1, 0.75)))
