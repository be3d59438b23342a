"""Lens and sensor: linear light -> 8-bit picture, with glare, bloom, blur, noise and a display curve."""

from functools import cache

import cv2
import numpy as np

from pipeline.scenes.camera import Camera
from pipeline.scenes.scene import Optics

GAMMA = 2.2
GRAIN_ROOM = 256  # how far the grain tile may be shifted, pixels
MOTION_STEPS = 64  # points that a blur by motion is the mean of
LEVELS = 1 << 14  # of the converter
BRIGHTEST = 20.0  # linear; what is brighter blooms no further


def add_glare(light: np.ndarray, sun: np.ndarray, camera: Camera, strength: float) -> None:
    """Add the sun's disc, its halo and six rays to a linear picture (S, S, 3), in place, and a ghost across the centre.

    Args:
        light: the picture
        sun: (3,) unit vector towards the sun, camera frame, ahead of the camera
        camera: the camera
        strength: 1 for a sun in full sight, linear
    """
    size, side = camera.size, max(camera.size // 4, 16)
    x, y = camera.project(sun[None])[0] / size
    grid = ((np.arange(side) + 0.5) / side).astype(np.float32)
    dx, dy = grid[None] - x, grid[:, None] - y
    away, around = np.hypot(dx, dy), np.arctan2(dy, dx)
    rays = 1 + 1.5 * np.abs(np.cos(3 * around)) ** 40
    halo = 0.0025 * rays / (away**2 + 0.0006) + 0.02 * np.exp(-3 * away)
    ghost = 0.03 * np.clip(4 - np.hypot(grid[None] - (1 - x), grid[:, None] - (1 - y)) * 64, 0, 1)
    warm = np.array((1.0, 0.95, 0.85), np.float32)
    small = (np.clip(halo + ghost, 0, BRIGHTEST) * strength).astype(np.float32)
    light += cv2.resize(small, (size, size))[..., None] * warm


def expose(light: np.ndarray, optics: Optics, rng: np.random.Generator) -> np.ndarray:
    """The picture (S, S, 3) uint8 that the sensor makes of linear light (S, S, 3) float32 after exposure.

    (S, S) of a grey sensor, which takes the mean of the three channels.
    """
    size, veil, grain = len(light), optics.veil, _grain(len(light))
    if optics.grey:
        light, veil, grain = light.mean(axis=2), veil.mean(), grain[..., 0]
    light = light + _bloom(light, optics.bloom)
    light = _blurred(light, optics)
    light += veil
    np.clip(light, 0, 1, out=light)
    dx, dy = rng.integers(0, GRAIN_ROOM, 2)
    grain = grain[dy : dy + size, dx : dx + size]
    deviation = cv2.sqrt(light * np.float32(1 / optics.electrons) + np.float32(optics.read_noise**2))
    light += deviation * grain
    levels = cv2.multiply(light, LEVELS - 1.0, dtype=cv2.CV_16U)  # rounds, and stops at both ends
    return _curve()[np.minimum(levels, LEVELS - 1)]


def _bloom(light: np.ndarray, strength: float) -> np.ndarray:
    """What spreads around saturated highlights, near and far; worked out at an eighth of the size."""
    side = max(len(light) // 8, 8)
    excess = cv2.resize(np.clip(light - 1, 0, BRIGHTEST), (side, side), interpolation=cv2.INTER_AREA)
    if not excess.any():
        return np.float32(0)
    spread = 0.7 * cv2.GaussianBlur(excess, (0, 0), side / 100) + 0.3 * cv2.GaussianBlur(excess, (0, 0), side / 20)
    return cv2.resize(spread * np.float32(strength * 6), light.shape[:2])


def _blurred(light: np.ndarray, optics: Optics) -> np.ndarray:
    """Light after the lens's blur and that of motion; highlights count as no more than twice white."""
    light = np.minimum(light, 2)
    if optics.focus_px > 0.2:
        light = cv2.GaussianBlur(light, (0, 0), optics.focus_px)
    if np.hypot(*optics.motion_px) >= 1.5:
        light = cv2.filter2D(light, -1, motion_kernel(*optics.motion_px))
    return light


def motion_kernel(x: float, y: float) -> np.ndarray:
    """A line from (-x / 2, -y / 2) to (x / 2, y / 2) pixels about the middle, (k, k) float32, odd, with sum 1."""
    reach = int(np.ceil(np.hypot(x, y) / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    along = (np.arange(MOTION_STEPS) + 0.5) / MOTION_STEPS - 0.5
    left, top = (np.floor(reach + along * length).astype(int) for length in (x, y))
    right, low = reach + along * x - left, reach + along * y - top  # shares of the pixels beyond
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (right if dx else 1 - right) * (low if dy else 1 - low)
        np.add.at(kernel, (top + dy, left + dx), share / MOTION_STEPS)
    return kernel


@cache
def _grain(size: int) -> np.ndarray:
    """Normal noise with deviation 1, larger than the picture, from a fixed seed; each picture shifts it."""
    side = size + GRAIN_ROOM
    return np.random.default_rng(20261).standard_normal((side, side, 3), np.float32)


@cache
def _curve() -> np.ndarray:
    """Display value (LEVELS,) uint8 of each level of the converter."""
    return (np.linspace(0, 1, LEVELS) ** (1 / GAMMA) * 255).round().astype(np.uint8)
