"""Augmentation that leaves geometry alone: for answers that are bound to the camera, such as a pose."""

import os
import random
from dataclasses import dataclass

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the network for its newest version on import

import albumentations
import numpy as np

from pipeline.settings import ranged


@dataclass
class PhotometricConfig:
    """Light, lens and sensor as they may be otherwise; each is drawn anew for every image of every epoch.

    Args:
        brightness: largest relative change of brightness and contrast
        noise: largest standard deviation of added noise, of the full range
        blur_px: largest standard deviation of a blur, pixels
        erase: probability that rectangles are blacked out
    """

    brightness: float = ranged(0.2, least=0, most=1)
    noise: float = ranged(0.05, least=0, most=1)
    blur_px: float = ranged(0.5, least=0, unit=" pixels")
    erase: float = ranged(0.0, least=0, most=1)


class Photometric:
    """Brightness and contrast, blur, noise, erased rectangles; target maps stay as they are.

    Each image has a random stream of its own, so the result does not depend on how many processes share the work.
    """

    def __init__(self, config: PhotometricConfig, seed: int) -> None:
        self.seed = seed
        steps = []
        if config.brightness:
            limit = (-config.brightness, config.brightness)
            steps.append(albumentations.RandomBrightnessContrast(brightness_limit=limit, contrast_limit=limit, p=1.0))
        if config.blur_px:
            steps.append(albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.0, config.blur_px), p=0.5))
        if config.noise:
            steps.append(albumentations.GaussNoise(std_range=(0.0, config.noise), per_channel=False, p=0.5))
        if config.erase:
            sizes = {"hole_height_range": (0.05, 0.2), "hole_width_range": (0.05, 0.2)}
            steps.append(albumentations.CoarseDropout(num_holes_range=(1, 4), **sizes, p=config.erase))
        self.steps = albumentations.Compose(steps)

    def __call__(
        self, image_hwc: np.ndarray, target_hwc: np.ndarray, epoch: int, index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment a uint8 image (h, w, 3); its target map as it was."""
        key = [self.seed, epoch, index]
        self.steps.set_random_state(np.random.default_rng(key), random.Random(repr(key)))
        return self.steps(image=image_hwc)["image"], target_hwc
