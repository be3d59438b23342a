"""Batches for training: seeded order, augmentation by (seed, epoch, index), the same with any number of workers."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from pipeline.dataset.images import Sample
from pipeline.errors import UserError


class TrainingImages(Dataset):
    """Items are asked for by (epoch, index), so that the epoch reaches workers that live on."""

    def __init__(self, sample: Sample, labels: dict[str, np.ndarray], target: str, augment: Callable) -> None:
        self.sample, self.labels, self.target, self.augment = sample, labels, target, augment

    def __len__(self) -> int:
        return len(self.sample)

    def __getitem__(self, key: tuple[int, int]) -> dict | UserError:
        """`image` uint8 (3, h, w), the target map by its name, uint8 (c, h, w), labels; or why it cannot be read."""
        epoch, index = key
        try:
            pair = self.sample[index]
        except UserError as error:  # raised in a worker it would come back as a page of text
            return error
        image_hwc, target_hwc = self.augment(*map(np.ascontiguousarray, pair), epoch, index)
        maps = {"image": image_hwc} | ({self.target: target_hwc} if self.target else {})
        return {
            **{name: torch.from_numpy(np.ascontiguousarray(of.transpose(2, 0, 1))) for name, of in maps.items()},
            **{name: values[index] for name, values in self.labels.items()},
        }


class EpochOrder:
    """Batches of (epoch, index); a last short batch of an epoch is left out.

    Each pass over the images has an order of its own. An epoch is one pass, or as many images as `of_epoch` says, and
    then the next goes on where it ended.
    """

    def __init__(self, count: int, batch_size: int, seed: int, of_epoch: int = 0) -> None:
        self.count, self.seed, self.epoch = count, seed, 0
        self.of_epoch = of_epoch or count
        self.batch_size = min(batch_size, self.of_epoch, count)

    def __len__(self) -> int:
        return self.of_epoch // self.batch_size

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        first = self.epoch * self.of_epoch
        order = self._order(first, first + self.of_epoch)
        for first in range(0, len(self) * self.batch_size, self.batch_size):
            yield [(self.epoch, int(i)) for i in order[first : first + self.batch_size]]

    def _order(self, first: int, end: int) -> np.ndarray:
        """The indices from one place to another of all passes, one after the other."""
        passes = range(first // self.count, -(-end // self.count))
        orders = [np.random.default_rng([self.seed, number]).permutation(self.count) for number in passes]
        start = passes.start * self.count
        return np.concatenate(orders)[first - start : end - start]


def training_loader(images: TrainingImages, order: EpochOrder, workers: int) -> DataLoader:
    """A loader of batches, named tensors as TrainingImages gives them; set `order.epoch` before each pass."""
    return DataLoader(
        images,
        batch_sampler=order,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=_start_worker,
        collate_fn=_batch,
        generator=torch.Generator(),  # of its own: it would draw from the global one, as often as there are workers
    )


def batches(loader: DataLoader) -> Iterator[dict[str, torch.Tensor]]:
    """The batches of a loader.

    Raises:
        UserError: an image cannot be read, or a worker process has died.
    """
    waiting = iter(loader)
    while True:
        try:
            batch = next(waiting, None)
        except (RuntimeError, OSError) as error:  # of the loader alone: nothing else is done in here
            if not loader.num_workers:
                raise
            raise UserError(
                f"a loader worker died or could not hand over its images ({_last_line(error)}). Is shared memory "
                "(/dev/shm; docker's --shm-size) or memory too small? `--loader.workers 0` needs neither, but time."
            ) from error
        if batch is None:
            return
        if isinstance(batch, UserError):
            raise batch
        yield batch


def _last_line(error: Exception) -> str:
    """What an error says after its own account of where it was raised."""
    return ([line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__])[-1][:160]


def _batch(items: list) -> dict[str, torch.Tensor] | UserError:
    """The items stacked, or the first error among them."""
    return next((item for item in items if isinstance(item, UserError)), None) or default_collate(items)


def _start_worker(_: int) -> None:
    cv2.setNumThreads(0)
