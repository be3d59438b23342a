import numpy as np
import pytest

from pipeline.dataset.augment import Augment, AugmentConfig, Photometric, PhotometricConfig

IMAGE_HWC = np.random.default_rng(0).integers(60, 190, (64, 64, 3)).astype(np.uint8)
TARGET_HWC = (IMAGE_HWC[..., :1] > 120).astype(np.uint8) * 255
OFF = {"brightness": 0.0, "dim": 0.0, "noise": 0.0, "blur_px": 0.0, "erase": 0.0}
ALONE = [{"brightness": 0.3}, {"dim": 0.9}, {"noise": 0.2}, {"blur_px": 2.0}, {"erase": 1.0}]


def found(config: dict, epoch: int = 0, index: int = 0, seed: int = 0) -> np.ndarray:
    image_hwc, target_hwc = Photometric(PhotometricConfig(**config), seed)(IMAGE_HWC, TARGET_HWC, epoch, index)
    assert target_hwc is TARGET_HWC
    return image_hwc


@pytest.mark.parametrize("config", [{}, *(OFF | one for one in ALONE)], ids=str)
def test_images_change_with_seed_epoch_and_index_and_with_nothing_else(config):
    several = [found(config, epoch, index, seed) for seed in (0, 1) for epoch in (0, 1) for index in range(4)]
    again = [found(config, epoch, index, seed) for seed in (0, 1) for epoch in (0, 1) for index in range(4)]
    assert all(np.array_equal(one, other) for one, other in zip(several, again, strict=True))
    assert len({image.tobytes() for image in several}) > 5
    assert all(image.shape == IMAGE_HWC.shape and image.dtype == np.uint8 for image in several)


def test_nothing_is_nothing():
    assert np.array_equal(found(OFF), IMAGE_HWC)


def test_what_each_does():
    def spread(config: dict) -> list[float]:
        return [float(found(OFF | config, index=i).std()) for i in range(20)]

    assert min(spread({"blur_px": 3.0})) < IMAGE_HWC.std() / 2  # of noise a blur leaves little
    assert max(spread({"noise": 0.3})) > IMAGE_HWC.std()
    black = [(found(OFF | {"erase": 1.0}, index=i) == 0).all(axis=2).mean() for i in range(20)]
    assert min(black) > 0
    assert max(black) < 0.2
    means = [found(OFF | {"brightness": 0.2}, index=i).mean() / IMAGE_HWC.mean() for i in range(40)]
    assert min(means) < 0.9
    assert max(means) > 1.1
    means = np.array([found(OFF | {"dim": 0.8}, index=i).mean() / IMAGE_HWC.mean() for i in range(60)])
    assert 0.2 < means.min() < 0.4
    assert means.max() <= 1
    assert 0.3 < (means > 0.999).mean() < 0.7  # every other one


def test_of_an_image_with_its_masks_light_changes_the_image_alone():
    still = {"flip": 0.0, "rotate_deg": 0.0, "scale": 0.0, "brightness": 0.0}
    for own in ({"dim": 0.9}, {"noise": 0.2}, {"blur_px": 2.0}):
        pairs = [Augment(AugmentConfig(**still | own), 0)(IMAGE_HWC, TARGET_HWC, 0, i) for i in range(8)]
        assert len({image.tobytes() for image, _ in pairs}) > 2
        assert all(np.array_equal(mask, TARGET_HWC) for _, mask in pairs)
    image, _ = Augment(AugmentConfig(**still), 0)(IMAGE_HWC, TARGET_HWC, 0, 0)
    assert np.array_equal(image, IMAGE_HWC)
