"""Images at working size: read from files, or kept decoded beside the data set."""

import math
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts import Task
from pipeline.dataset.pixels import read_pixels
from pipeline.files import DiskError, drop_leftovers, text_hash, written_aside
from pipeline.locks import HeldError, alone_in
from pipeline.progress import progress
from pipeline.sources import sources

T, R = TypeVar("T"), TypeVar("R")
CODE = ("dataset/images.py", "dataset/pixels.py")  # that decides what a cache holds, beside the task's


def at_size(image_hwc: np.ndarray, size: int) -> np.ndarray:
    """An image, or a mask of 0 and 255, at the square working size, by averages over areas."""
    return cv2.resize(image_hwc, (size, size), interpolation=cv2.INTER_AREA)


class Sample:
    """Images and target maps of some index rows at one size; from a cache where `cached_images` made one."""

    def __init__(
        self, task: Task, folder: Path, rows: pd.DataFrame, size: int, cache: np.ndarray | None = None
    ) -> None:
        names = ("image_path", *task.target_columns)
        self.columns = [pa.array(rows[name]) for name in names]  # Python objects would be copied into every worker
        self.task, self.folder, self.size, self.cache = task, folder, size, cache

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """uint8 image (size, size, 3) and target map (size, size, the task's channels)."""
        if self.cache is not None:
            return self.cache[i, ..., :3], self.cache[i, ..., 3:]
        path, *values = (column[i].as_py() for column in self.columns)
        image_hwc = read_pixels(self.folder / path)
        return at_size(image_hwc, self.size), self.task.target_of(tuple(values), self.size)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of all images and targets together: images, rows, columns, channels."""
        return len(self), self.size, self.size, 3 + self.task.target_channels


def cached_images(task: Task, folder: Path, rows: pd.DataFrame, size: int, keep: bool) -> Sample:
    """A Sample of the rows, decoded once into <folder>/cache/ where `keep` is set and the disk has the room."""
    plain = Sample(task, folder, rows, size)
    code = " ".join(sources((*CODE, *task.fit_code)).values())
    said = rows[["content_hash", *task.target_columns]].astype(str).agg("".join, axis=1)
    path = folder / "cache" / f"{size}-{text_hash(f'{code} {size} ' + ' '.join(said))[:16]}.npy"
    cache = _whole(path, plain)
    if cache is None and keep:
        try:
            cache = _made(path, plain)
        except DiskError as error:
            print(f"no cache of decoded images: {error.what} Reading files.")
        except HeldError as error:
            print(f"no cache of decoded images: {error} Reading files.")
    return Sample(task, folder, rows, size, cache)


def _whole(path: Path, plain: Sample) -> np.ndarray | None:
    """The cache that is there, mapped into memory; None where there is none, or a damaged one."""
    try:
        cache = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):  # none, cut, or no array
        return None
    return cache if (cache.shape, cache.dtype) == (plain.shape, np.uint8) else None


def _made(path: Path, plain: Sample) -> np.ndarray | None:
    """Make the cache. Raises DiskError where it has no room, HeldError where another process is making one."""
    with alone_in(path.parent, "cache of decoded images"):
        drop_leftovers(path.parent)
        need, free = math.prod(plain.shape), shutil.disk_usage(path.parent).free
        if need > 0.9 * free:
            raise DiskError(f"needs {need / 1e6:,.0f} MB, {free / 1e6:,.0f} MB free.")
        header = {"descr": "|u1", "fortran_order": False, "shape": plain.shape}
        with written_aside(path) as aside, aside.open("wb") as file:  # not mapped: a full disk would be a bus error
            np.lib.format.write_array_header_1_0(file, header)
            pairs = read_ahead(plain.__getitem__, range(len(plain)))
            for image_hwc, target_hwc in progress(pairs, len(plain), f"cache at {plain.size} px"):
                file.write(np.concatenate([image_hwc, target_hwc], axis=2).tobytes())
    return _whole(path, plain)


def read_ahead(function: Callable[[T], R], items: Iterable[T], ahead: int = 64) -> Iterator[R]:
    """function(item) for each item in order, computed by threads that run at most `ahead` items before the reader."""
    with ThreadPoolExecutor() as pool:
        waiting: deque[Future] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
