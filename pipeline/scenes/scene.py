"""What one image shows, drawn from (seed, split, index): craft, pose, sun, background, camera."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.scenes.camera import Camera, Pose, place, place_at
from pipeline.scenes.domain import Domain, Range
from pipeline.scenes.mesh import CraftMesh

SPLITS = ("train", "val", "test")
MISS_PX = 4  # of 1024: a craft that stands farther off from where it should be is turned anew
GOLDEN, ROOT2 = 0.6180339887498949, 0.41421356237309515


@dataclass(frozen=True)
class Globe:
    """Earth or Moon behind the craft.

    Attributes:
        kind: which
        towards: (3,) unit vector from the camera to its centre, camera frame
        radius: angular radius, radians
        turn: (2,) where its clouds and land, or its craters, are, tiles of noise
        cloud: cloud cover, 0-1
    """

    kind: Literal["earth", "moon"]
    towards: np.ndarray
    radius: float
    turn: np.ndarray
    cloud: float


@dataclass(frozen=True)
class Optics:
    """What lens and sensor do to the light; pixels of this image.

    Attributes:
        exposure: linear brightness of a perfectly white face towards the sun
        veil: (3,) stray light everywhere, linear
        read_noise: standard deviation, linear
        electrons: full well, which makes the shot noise
        focus_px: standard deviation of the lens's blur
        motion_px: (x, y) of the blur by motion
        bloom: share of a highlight's excess that spreads
        grey: the sensor has one channel
    """

    exposure: float
    veil: np.ndarray
    read_noise: float
    electrons: float
    focus_px: float
    motion_px: tuple[float, float]
    bloom: float
    grey: bool = False


@dataclass(frozen=True)
class Scene:
    """Everything an image is made of.

    Attributes:
        camera: the camera
        pose: where the craft is
        sun: (3,) unit vector towards the sun, camera frame
        background: earth, moon, sun, stars or black
        globe: Earth or Moon behind the craft, None where there is neither
        ambient: light that reaches shadows, share of the sun's
        optics: lens and sensor
        stars: number of stars in the picture
        seed: of what is drawn at the size of the picture (stars, grain)
    """

    camera: Camera
    pose: Pose
    sun: np.ndarray
    background: str
    globe: Globe | None
    ambient: float
    optics: Optics
    stars: int
    seed: int


def draw(
    domain: Domain, key: tuple[int, str, int], classes: int, mesh: CraftMesh, size: int, attempt: int = 0
) -> Scene:
    """The scene of one image.

    Args:
        domain: what to draw from
        key: (seed, split, index)
        classes: number of classes that take turns
        mesh: the craft
        size: side of the image, pixels
        attempt: above 0 another one, larger or nearer, for a craft that was not visible enough
    """
    seed, split, index = key
    rng = np.random.default_rng([seed, SPLITS.index(split), index, 2, attempt])
    size_turn, ground_turn = _even(seed, split, index, classes)
    camera = Camera(size, rng.uniform(*domain.fov_deg))
    low, high = domain.range_m or domain.longest
    larger = 0.12 * attempt * (1 if domain.range_m is None else -1)
    length = low * (high / low) ** min(1.0, max(0.0, size_turn + larger))
    missed = np.inf
    while missed > MISS_PX * size / 1024:
        quaternion, spot = _attitude_and_spot(rng, domain)
        if domain.range_m is None:
            pose, missed = place(mesh.vertices, quaternion, camera, length * size, spot)
        else:
            pose, missed = place_at(mesh.vertices, quaternion, camera, length, spot), 0.0
    background = _background(domain, ground_turn)
    return Scene(
        camera=camera,
        pose=pose,
        sun=_sun_in_sight(rng, camera) if background == "sun" else _sun(rng, domain),
        background=background,
        globe=_globe(rng, background) if background in ("earth", "moon") else None,
        ambient=_log_uniform(rng, domain.ambient),
        optics=_optics(rng, domain, size),
        stars=0 if background == "black" else int(_log_uniform(rng, domain.stars)),
        seed=int(rng.integers(2**31)),
    )


def _attitude_and_spot(rng: np.random.Generator, domain: Domain) -> tuple[np.ndarray, np.ndarray]:
    """A quaternion, uniform over all attitudes, and the craft's spot in the image."""
    quaternion, spot = rng.normal(size=4), rng.uniform(size=2)
    if rng.uniform() < domain.cut:
        out = rng.uniform(*domain.cut_by)
        spot[rng.integers(2)] = -out if rng.uniform() < 0.5 else 1 + out
    return quaternion / np.linalg.norm(quaternion), spot


def _log_uniform(rng: np.random.Generator, limits: Range) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))


def _even(seed: int, split: str, index: int, classes: int) -> tuple[float, float]:
    """Two numbers in [0, 1) that fill their range evenly over the images of a class (additive recurrence), so that
    sizes and backgrounds are balanced even in small sets."""
    start = np.random.default_rng([seed, SPLITS.index(split), 3, index % classes]).uniform(size=2)
    turn = index // classes
    return float((start[0] + turn * GOLDEN) % 1), float((start[1] + turn * ROOT2) % 1)


def _background(domain: Domain, turn: float) -> str:
    """The kind of background at a place 0-1 along the shares."""
    ends = np.cumsum(list(domain.backgrounds.values()))
    return list(domain.backgrounds)[min(int(np.searchsorted(ends, turn, side="right")), len(ends) - 1)]


def _optics(rng: np.random.Generator, domain: Domain, size: int) -> Optics:
    median, deviation = domain.exposure
    exposure = median * np.exp(rng.normal(0, deviation))
    if rng.uniform() < domain.dim:
        exposure *= _log_uniform(rng, domain.dim_exposure)
    veil = np.maximum(0.02, rng.normal(*domain.veil)) * (1 + rng.normal(0, 0.03, 3))
    length = rng.uniform(*domain.motion_px) * size / 1024 if rng.uniform() < domain.motion else 0.0
    angle = rng.uniform(0, np.pi)
    return Optics(
        exposure=float(exposure),
        veil=(veil**2.2).astype(np.float32),
        read_noise=_log_uniform(rng, domain.read_noise),
        electrons=_log_uniform(rng, domain.electrons),
        focus_px=rng.uniform(*domain.focus_px) * size / 1024,
        motion_px=(float(length * np.cos(angle)), float(length * np.sin(angle))),
        bloom=rng.uniform(*domain.bloom),
        grey=domain.grey,
    )


def _direction(away: float, around: float) -> np.ndarray:
    """The unit vector at two angles: away from the optical axis, and around it."""
    return np.array([np.sin(away) * np.cos(around), np.sin(away) * np.sin(around), np.cos(away)])


def _sun(rng: np.random.Generator, domain: Domain) -> np.ndarray:
    """Towards the sun, behind the camera where the phase angle is small."""
    return _direction(np.pi - np.radians(rng.uniform(*domain.phase_deg)), rng.uniform(0, 2 * np.pi))


def _sun_in_sight(rng: np.random.Generator, camera: Camera) -> np.ndarray:
    """Towards a sun that stands in the picture or just outside it."""
    return _direction(np.radians(camera.fov_deg / 2) * rng.uniform(0.3, 1.6), rng.uniform(0, 2 * np.pi))


def _globe(rng: np.random.Generator, kind: Literal["earth", "moon"]) -> Globe:
    """Earth fills the picture or has its limb in it; the Moon is a small disc, or a limb as well."""
    radius = np.radians(rng.uniform(45, 68))
    away = radius * rng.uniform(0, 0.4) if rng.uniform() < 0.6 else radius + np.radians(rng.uniform(-16, 6))
    if kind == "moon":
        near = rng.uniform() < 0.4
        radius = np.radians(rng.uniform(20, 50) if near else np.exp(rng.uniform(np.log(1), np.log(12))))
        away = radius * rng.uniform(0.5, 1.1) if near else np.radians(rng.uniform(0, 20))
    towards = _direction(away, rng.uniform(0, 2 * np.pi))
    return Globe(kind, towards, float(radius), rng.uniform(size=2), float(rng.uniform(0.1, 0.75)))
