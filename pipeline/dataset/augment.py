"""Light augmentation, drawn anew for each (seed, epoch, index) whichever process does it."""

import os
import random

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the network for its newest version on import

import albumentations
import cv2
import numpy as np

from pipeline.config import AugmentConfig


class Augment:
    """Mirrors, turns, small rotations and scalings, brightness and contrast.

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
        if config.brightness:
            limit = (-config.brightness, config.brightness)
            steps.append(albumentations.RandomBrightnessContrast(brightness_limit=limit, contrast_limit=limit, p=1.0))
        self.steps = albumentations.Compose(steps)

    def __call__(
        self, image_hwc: np.ndarray, mask_hwc: np.ndarray, epoch: int, index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Augment uint8 image (h, w, 3) and soft mask (h, w, 2) alike."""
        key = [self.seed, epoch, index]
        self.steps.set_random_state(np.random.default_rng(key), random.Random(repr(key)))
        out = self.steps(image=image_hwc, mask=mask_hwc)
        return out["image"], out["mask"]
