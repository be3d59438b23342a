"""What is behind the craft: Earth with sea, land, clouds, city lights and limb glow; the Moon; stars. Procedural."""

from functools import cache

import cv2
import numpy as np

from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Globe

TILE = 512  # side of the periodic noise tiles, pixels


def _rgb(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


SEA, LAND, DESERT, CLOUD = (
    _rgb(0.02, 0.06, 0.26),
    _rgb(0.12, 0.10, 0.05),
    _rgb(0.36, 0.24, 0.12),
    _rgb(0.85, 0.82, 0.82),
)
GLOW, CITY = _rgb(0.22, 0.45, 1.0), _rgb(1.0, 0.65, 0.25)
HIGHLAND, MARE = _rgb(0.17, 0.165, 0.155), _rgb(0.07, 0.068, 0.066)


@cache
def fractal(which: int, slope: float) -> np.ndarray:
    """Periodic cloud-like noise, (TILE, TILE) float32 with mean 0 and deviation 1; amplitude falls as f ** -slope."""
    white = np.fft.rfft2(np.random.default_rng([20260, which]).normal(size=(TILE, TILE)))
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) * TILE
    noise = np.fft.irfft2(white / np.maximum(frequency, 1) ** slope * (frequency > 0), s=(TILE, TILE))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


@cache
def craters() -> np.ndarray:
    """Periodic crater field: (TILE, TILE) float32 factors on the brightness, about 1."""
    rng = np.random.default_rng([20260, 77])
    field = np.ones((TILE, TILE), np.float32)
    for radius in (3 * (1 - rng.uniform(size=260)) ** -0.45).clip(3, 40):
        reach = np.arange(-int(radius * 1.6), int(radius * 1.6) + 1)
        away = np.hypot(reach[:, None], reach[None]) / radius
        slope = np.where(away < 1, -reach[None] / radius * away, 0) * 0.45  # one wall bright, the other dark
        rim = 0.35 * np.exp(-(((away - 1) / 0.15) ** 2))
        at = np.ix_(*((reach + centre) % TILE for centre in rng.integers(0, TILE, 2)))
        field[at] *= np.clip(1 + slope + rim, 0.3, 1.6).astype(np.float32)
    return field


def sample(tile: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Periodic bilinear look-up of a tile at (u, v) in tiles, any shape (h, w) float32."""
    x, y = ((np.mod(a, 1) * TILE).astype(np.float32) for a in (u, v))
    return cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def globe_radiance(globe: Globe, sun: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Earth or Moon as the camera sees it: linear radiance (S, S, 3) float32 before exposure, and opacity (S, S) 0-1.

    Worked out at half the resolution and enlarged.
    """
    side = camera.size // 2
    grid = (np.arange(side, dtype=np.float32) + 0.5) * (camera.size / side)
    rays = camera.rays(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)).reshape(side, side, 3)
    axis = globe.towards.astype(np.float32)
    cos = rays @ axis
    sin = np.sqrt(np.maximum(1 - cos * cos, 0))
    rim = np.sin(globe.radius)  # the globe has radius `rim` and its centre is one away
    cover = np.where(cos > 0, np.clip((rim - sin) * camera.focal_px * side / camera.size + 0.5, 0, 1), 0)
    depth = cos - np.sqrt(np.maximum(rim * rim - sin * sin, 0))
    normal = (rays * depth[..., None] - axis) / np.maximum(rim, 1e-3)
    day = normal @ sun.astype(np.float32)
    whole = (camera.size, camera.size)
    if globe.kind == "moon":
        light = _moon(globe, normal, axis) * (np.clip(day, 0, 1) ** 0.7)[..., None] * cover[..., None]
        return cv2.resize(light, whole), cv2.resize(cover.astype(np.float32), whole)
    slant = np.clip(-np.einsum("ijk,ijk->ij", normal, rays), 0, 1)
    night = np.clip(-day * 4, 0, 1)
    albedo, lights = _ground(globe, normal, axis, night.any())
    surface = (
        albedo * (np.clip(day, 0, 1) ** 0.8 * 1.3 + 0.0001)[..., None]
        + CITY * np.multiply(0.12 * lights, night)[..., None]
    )
    twilight = np.clip(day * 2.5 + 0.35, 0, 1)
    haze = (0.10 + 0.55 * (1 - slant) ** 3) * twilight
    ground = surface * (1 - 0.5 * haze)[..., None] + GLOW * (0.45 * haze)[..., None]
    glow = np.exp(-np.maximum(sin - rim, 0) / (0.010 * rim)) * twilight * (cos > 0)
    light = ground * cover[..., None] + GLOW * (glow * (1 - cover) * 0.5)[..., None]
    opacity = cover + np.clip(glow, 0, 1) * (1 - cover)
    return cv2.resize(light, whole), cv2.resize(opacity.astype(np.float32), whole)


def _on_map(globe: Globe, normal: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map coordinates (h, w), in tiles, of unit normals (h, w, 3): azimuthal equidistant about the nearest point."""
    across = np.cross(axis, np.eye(3, dtype=np.float32)[np.argmin(np.abs(axis))])
    across /= np.linalg.norm(across)
    down = np.cross(axis, across)
    facing = np.clip(-(normal @ axis), -1, 1)
    stretch = np.arccos(facing) / np.maximum(np.sqrt(1 - facing * facing), 1e-4) * 0.35
    return (normal @ across) * stretch + globe.turn[0], (normal @ down) * stretch + globe.turn[1]


def _ground(globe: Globe, normal: np.ndarray, axis: np.ndarray, night: bool) -> tuple[np.ndarray, np.ndarray | float]:
    """Albedo (h, w, 3) of sea, land and clouds, where the normal is (h, w, 3); by night city lights (h, w) 0-1."""
    u, v = _on_map(globe, normal, axis)
    land = sample(fractal(0, 1.9), u, v)
    warp = 0.02 * land
    cloud = sample(fractal(1, 1.35), u * 1.6 + warp, v * 1.6 - warp) + 0.35 * sample(fractal(2, 0.9), u * 5, v * 5)
    dry = np.clip(sample(fractal(2, 1.6), u, v) * 1.5 + 0.3, 0, 1)[..., None]
    towns = 0.0
    if night:
        towns = np.clip(sample(fractal(5, 0.3), u * 7, v * 7) + dry[..., 0] - 1.9, 0, 1) * (land > 0.5)
    land = np.clip((land - 0.5) * 6, 0, 1)[..., None]
    veil = np.clip((cloud + 2.4 * (globe.cloud - 0.5)) * 0.55 + 0.15, 0, 1)[..., None]
    albedo = (SEA * (1 - land) + (LAND * (1 - dry) + DESERT * dry) * land) * (1 - veil) + CLOUD * veil
    return albedo, towns * (1 - veil[..., 0])


def _moon(globe: Globe, normal: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Albedo (h, w, 3) of the Moon's highlands and maria with craters of two sizes."""
    u, v = _on_map(globe, normal, axis)
    maria = np.clip(sample(fractal(0, 1.9), u * 0.8, v * 0.8) * 2, 0, 1)[..., None]
    relief = sample(craters(), u * 1.3, v * 1.3) * sample(craters(), v * 4.1, u * 4.1)
    return (HIGHLAND * (1 - maria) + MARE * maria) * relief[..., None]


def add_stars(light: np.ndarray, count: int, rng: np.random.Generator) -> None:
    """Add `count` stars to a linear picture (S, S, 3) float32, in place: mostly faint, some coloured, few large.

    Their light is that of a picture of 1024 pixels; on larger pixels it is thinner.
    """
    size = len(light)
    column, row = rng.integers(0, size, (count, 2)).T
    star = (0.006 * (1 - rng.uniform(size=count)) ** -1.3).clip(0, 2).astype(np.float32)
    halo = 0.5 * np.maximum(star - 0.03, 0)
    tint = rng.normal(1, 0.12, (count, 3)).astype(np.float32).clip(0.6, 1.2) * (size / 1024) ** 2
    np.add.at(light, (row, column), star[:, None] * tint)
    for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        near = np.clip(row + down, 0, size - 1), np.clip(column + right, 0, size - 1)
        np.add.at(light, near, halo[:, None] * tint)
