"""Light augmentation, drawn anew for each (seed, epoch, index) whichever process does it."""

import os
import random
from dataclasses import dataclass

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the network for its newest version on import

import albumentations
import cv2
import numpy as np

from pipeline.settings import ranged


@dataclass
class AugmentConfig:
    """Light augmentation; each is drawn anew for every image of every epoch.

    Args:
        flip: probability of each of the two mirrors
        quarter_turns: rotate by a random multiple of 90 degrees
        rotate_deg: largest further rotation, degrees
        scale: largest relative change of scale
        brightness: largest relative change of brightness and contrast
        dim: largest share of its light that an image may lose; every other one loses some
        noise: largest standard deviation of added noise, of the full range
        blur_px: largest standard deviation of a blur, pixels
    """

    flip: float = ranged(0.5, least=0, most=1)
    quarter_turns: bool = False
    rotate_deg: float = ranged(10.0, least=0, unit=" degrees")
    scale: float = ranged(0.1, least=0, below=1)
    brightness: float = ranged(0.1, least=0, most=1)
    dim: float = ranged(0.0, least=0, below=1)
    noise: float = ranged(0.0, least=0, most=1)
    blur_px: float = ranged(0.0, least=0, unit=" pixels")


class Augment:
    """Mirrors, turns, small rotations and scalings; brightness, contrast, less light, blur and noise.

    albumentations repeats its random stream in every loader process and epoch; here each image has a stream of its
    own, so the result does not depend on how many processes share the work.
    """

    def __init__(self, config: AugmentConfig, seed: int) -> None:
        self.seed = seed
        steps = [albumentations.HorizontalFlip(p=config.flip), albumentations.VerticalFlip(p=config.flip)]
        if config.quarter_turns:
            steps.append(albumentations.RandomRotate90(p=1.0))
        if config.rotate_deg or config.scale:
            steps.append(
                albumentations.Affine(
                    rotate=(-config.rotate_deg, config.rotate_deg),
                    scale=(1 - config.scale, 1 + config.scale),
                    interpolation=cv2.INTER_LINEAR,
                    mask_interpolation=cv2.INTER_LINEAR,
                    border_mode=cv2.BORDER_CONSTANT,
                    p=1.0,
                )
            )
        self.steps = albumentations.Compose(steps + _of_light(config))

    def __call__(
        self, image_hwc: np.ndarray, mask_hwc: np.ndarray, epoch: int, index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment uint8 image (h, w, 3) and soft mask (h, w, 2) alike."""
        _seed(self.steps, self.seed, epoch, index)
        out = self.steps(image=image_hwc, mask=mask_hwc)
        return out["image"], out["mask"]


@dataclass
class PhotometricConfig:
    """Light, lens and sensor as they may be otherwise; each is drawn anew for every image of every epoch.

    Args:
        brightness: largest relative change of brightness and contrast
        dim: largest share of its light that an image may lose; every other one loses some
        noise: largest standard deviation of added noise, of the full range
        blur_px: largest standard deviation of a blur, pixels
        erase: probability that rectangles are blacked out
    """

    brightness: float = ranged(0.2, least=0, most=1)
    dim: float = ranged(0.0, least=0, below=1)
    noise: float = ranged(0.05, least=0, most=1)
    blur_px: float = ranged(0.5, least=0, unit=" pixels")
    erase: float = ranged(0.0, least=0, most=1)


class Photometric:
    """Brightness, contrast, less light, blur, noise, erased rectangles; target maps stay as they are.

    For answers that are bound to the camera, such as a pose.
    """

    def __init__(self, config: PhotometricConfig, seed: int) -> None:
        self.seed = seed
        steps = _of_light(config)
        if config.erase:
            sizes = {"hole_height_range": (0.05, 0.2), "hole_width_range": (0.05, 0.2)}
            steps.append(albumentations.CoarseDropout(num_holes_range=(1, 4), **sizes, p=config.erase))
        self.steps = albumentations.Compose(steps)

    def __call__(
        self, image_hwc: np.ndarray, target_hwc: np.ndarray, epoch: int, index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment a uint8 image (h, w, 3); its target map as it was."""
        _seed(self.steps, self.seed, epoch, index)
        return self.steps(image=image_hwc)["image"], target_hwc


def _of_light(config: AugmentConfig | PhotometricConfig) -> list[albumentations.BasicTransform]:
    """What changes values and moves nothing, as far as a config asks for it."""
    limit, steps = (-config.brightness, config.brightness), []
    if config.brightness:
        steps.append(albumentations.RandomBrightnessContrast(brightness_limit=limit, contrast_limit=limit, p=1.0))
    if config.dim:
        steps.append(albumentations.MultiplicativeNoise(multiplier=(1 - config.dim, 1.0), p=0.5))
    if config.blur_px:
        steps.append(albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.0, config.blur_px), p=0.5))
    if config.noise:
        steps.append(albumentations.GaussNoise(std_range=(0.0, config.noise), per_channel=False, p=0.5))
    return steps


def _seed(steps: albumentations.Compose, seed: int, epoch: int, index: int) -> None:
    """Give an image's steps a random stream of its own."""
    key = [seed, epoch, index]
    steps.set_random_state(np.random.default_rng(key), random.Random(repr(key)))
