"""What is behind the craft: Earth with sea, land, clouds, night side and limb glow; stars. Procedural, no pictures."""

from functools import cache

import cv2
import numpy as np

from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Earth

TILE = 512  # side of the periodic noise tiles, pixels
SEA, LAND, DESERT, CLOUD = (
    np.array(c, np.float32) for c in ((0.030, 0.075, 0.17), (0.07, 0.11, 0.05), (0.30, 0.22, 0.13), (0.72, 0.74, 0.78))
)
GLOW = np.array((0.22, 0.45, 1.0), np.float32)


@cache
def fractal(which: int, slope: float) -> np.ndarray:
    """Periodic cloud-like noise, (TILE, TILE) float32 with mean 0 and deviation 1; amplitude falls as f ** -slope."""
    white = np.fft.rfft2(np.random.default_rng([20260, which]).normal(size=(TILE, TILE)))
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) * TILE
    noise = np.fft.irfft2(white / np.maximum(frequency, 1) ** slope * (frequency > 0), s=(TILE, TILE))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def sample(tile: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Periodic bilinear look-up of a tile at (u, v) in tiles, any shape (h, w) float32."""
    x, y = ((np.mod(a, 1) * TILE).astype(np.float32) for a in (u, v))
    return cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def earth_radiance(earth: Earth, sun: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Earth as the camera sees it: linear radiance (S, S, 3) float32 before exposure, and its opacity (S, S) 0-1.

    Worked out at half the resolution and enlarged.
    """
    side = camera.size // 2
    grid = (np.arange(side, dtype=np.float32) + 0.5) * (camera.size / side)
    rays = camera.rays(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)).reshape(side, side, 3)
    axis = earth.towards.astype(np.float32)
    cos = rays @ axis
    sin = np.sqrt(np.maximum(1 - cos * cos, 0))
    rim = np.sin(earth.radius)  # Earth has radius `rim` and its centre is one away
    cover = np.clip((rim - sin) * camera.focal_px * side / camera.size + 0.5, 0, 1)
    depth = cos - np.sqrt(np.maximum(rim * rim - sin * sin, 0))
    normal = (rays * depth[..., None] - axis) / np.maximum(rim, 1e-3)
    day = normal @ sun.astype(np.float32)
    slant = np.clip(-np.einsum("ijk,ijk->ij", normal, rays), 0, 1)
    surface = _ground(earth, normal, axis) * (np.clip(day, 0, 1) ** 0.8 * 1.3 + 0.0001)[..., None]
    twilight = np.clip(day * 2.5 + 0.35, 0, 1)
    haze = (0.10 + 0.55 * (1 - slant) ** 3) * twilight
    ground = surface * (1 - 0.5 * haze)[..., None] + GLOW * (0.45 * haze)[..., None]
    glow = np.exp(-np.maximum(sin - rim, 0) / (0.010 * rim)) * twilight * (cos > 0)
    light = ground * cover[..., None] + GLOW * (glow * (1 - cover) * 0.5)[..., None]
    whole = (camera.size, camera.size)
    opacity = cover + np.clip(glow, 0, 1) * (1 - cover)
    return cv2.resize(light, whole), cv2.resize(opacity.astype(np.float32), whole)


def _ground(earth: Earth, normal: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Albedo (h, w, 3) of sea, land and clouds where the unit sphere's normal is (h, w, 3)."""
    across = np.cross(axis, np.eye(3, dtype=np.float32)[np.argmin(np.abs(axis))])
    across /= np.linalg.norm(across)
    down = np.cross(axis, across)
    facing = np.clip(-(normal @ axis), -1, 1)
    stretch = np.arccos(facing) / np.maximum(np.sqrt(1 - facing * facing), 1e-4)  # azimuthal equidistant map
    u = (normal @ across) * stretch * 0.35 + earth.turn[0]
    v = (normal @ down) * stretch * 0.35 + earth.turn[1]
    land = sample(fractal(0, 1.9), u, v)
    warp = 0.02 * land
    cloud = sample(fractal(1, 1.35), u * 1.6 + warp, v * 1.6 - warp) + 0.35 * sample(fractal(2, 0.9), u * 5, v * 5)
    dry = np.clip(sample(fractal(2, 1.6), u, v) * 1.5 + 0.3, 0, 1)[..., None]
    land = np.clip((land - 0.5) * 6, 0, 1)[..., None]
    veil = np.clip((cloud + 2.4 * (earth.cloud - 0.5)) * 0.55 + 0.15, 0, 1)[..., None]
    return (SEA * (1 - land) + (LAND * (1 - dry) + DESERT * dry) * land) * (1 - veil) + CLOUD * veil


def add_stars(image: np.ndarray, count: int, rng: np.random.Generator) -> None:
    """Add `count` stars to a display image (S, S, 3) float32 0-1, in place: mostly faint, some coloured, few large."""
    size = len(image)
    at = rng.integers(0, size, (count, 2))
    light = (0.10 * (1 - rng.uniform(size=count)) ** -0.6).clip(0, 0.9).astype(np.float32)
    tint = rng.normal(1, 0.12, (count, 3)).astype(np.float32).clip(0.6, 1.2)
    image[at[:, 1], at[:, 0]] += light[:, None] * tint
    for step in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        y, x = np.clip(at[:, 1] + step[0], 0, size - 1), np.clip(at[:, 0] + step[1], 0, size - 1)
        image[y, x] += (0.8 * np.maximum(light - 0.15, 0) * size / 1024)[:, None] * tint
