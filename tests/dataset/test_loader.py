import numpy as np
import pytest
import torch

from pipeline.dataset.augment import Augment, AugmentConfig
from pipeline.dataset.loader import EpochOrder, TrainingImages, training_loader

SIDE = 32


class SameImage:
    """Ten times one asymmetric image, so that whatever differs was drawn by the augmentation."""

    def __len__(self):
        return 10

    def __getitem__(self, i):
        image = np.zeros((SIDE, SIDE, 3), np.uint8)
        image[4:12, 2:20], image[20:24, 6:9] = 200, 90
        mask = np.zeros((SIDE, SIDE, 2), np.uint8)
        mask[4:12, 2:20, 0] = 255
        return image, mask


def batches(workers, epoch, seed=0, config=None):
    order = EpochOrder(10, 4, seed)
    order.epoch = epoch
    images = TrainingImages(SameImage(), {"class": np.arange(10)}, "mask", Augment(config or AugmentConfig(), seed))
    return list(training_loader(images, order, workers))


def by_class(found):
    pairs = (pair for batch in found for pair in zip(batch["image"], batch["class"], strict=True))
    return {int(c): image for image, c in pairs}


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_changes_nothing(workers):
    for epoch in (0, 1):
        for ours, alone in zip(batches(workers, epoch), batches(0, epoch), strict=True):
            assert ours.keys() == alone.keys()
            assert all(torch.equal(ours[name], alone[name]) for name in ours)


def test_augmentation_differs_between_images_workers_epochs_and_seeds():
    found = by_class(batches(2, 0))
    assert len({image.numpy().tobytes() for image in found.values()}) == len(found)
    for other in (by_class(batches(2, 1)), by_class(batches(2, 0, seed=1))):
        common = found.keys() & other.keys()
        assert common
        assert all(not torch.equal(found[c], other[c]) for c in common)


def test_the_epoch_reaches_workers_that_live_on():
    order = EpochOrder(10, 10, 0)
    images = TrainingImages(SameImage(), {"class": np.arange(10)}, "mask", Augment(AugmentConfig(), 0))
    loader = training_loader(images, order, 2)
    first = by_class(loader)
    order.epoch = 1
    second = by_class(loader)
    assert all(not torch.equal(first[c], second[c]) for c in range(10))


def test_order():
    order = EpochOrder(10, 4, seed=3)
    first = [key for batch in order for key in batch]
    assert len(order) == 2
    assert len({i for _, i in first}) == 8
    order.epoch = 1
    second = [key for batch in order for key in batch]
    assert {epoch for epoch, _ in second} == {1}
    assert [i for _, i in first] != [i for _, i in second]
    assert len(EpochOrder(3, 16, 0)) == 1


def test_mask_moves_with_the_image():
    config = AugmentConfig(brightness=0.0, quarter_turns=True)
    image, mask = SameImage()[0]
    image[..., 1:] = 0
    image[20:24, 6:9] = 0
    for i in range(20):
        turned, turned_mask = Augment(config, 0)(image, mask, 0, i)
        assert (
            np.abs(turned[..., 0].astype(int) - turned_mask[..., 0].astype(int) * 200 / 255).max() <= 6
        )  # of 200: both are interpolated in steps of 1/32 pixel


def test_nothing_switched_on_changes_nothing():
    off = AugmentConfig(flip=0.0, quarter_turns=False, rotate_deg=0.0, scale=0.0, brightness=0.0)
    image, mask = SameImage()[0]
    same, same_mask = Augment(off, 0)(image, mask, 0, 0)
    assert np.array_equal(same, image)
    assert np.array_equal(same_mask, mask)
