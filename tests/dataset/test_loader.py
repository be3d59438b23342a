import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

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


def indices(order, epochs):
    found = []
    for epoch in epochs:
        order.epoch = epoch
        found += [i for batch in order for _, i in batch]
    return found


def test_epochs_of_some_images_go_through_the_same_passes_as_epochs_of_all():
    whole, parts = EpochOrder(12, 3, seed=5), EpochOrder(12, 3, seed=5, of_epoch=9)
    assert len(parts) == 3
    assert indices(parts, range(4)) == indices(whole, range(3))
    assert len(set(indices(parts, [0]))) == 9


def test_an_epoch_may_be_of_more_images_than_there_are():
    assert sorted(indices(EpochOrder(4, 2, seed=0, of_epoch=8), [1])) == sorted([0, 1, 2, 3] * 2)


@given(count=st.integers(1, 9), batch=st.integers(2, 9), of_epoch=st.integers(0, 30), epoch=st.integers(0, 5))
def test_an_epoch_sees_no_image_twice_more_than_another(count, batch, of_epoch, epoch):
    order = EpochOrder(count, batch, 0, of_epoch)
    seen = np.bincount(indices(order, [epoch]), minlength=count)
    assert seen.sum() == len(order) * order.batch_size <= (of_epoch or count)
    assert seen.max() - seen.min() <= 2


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
