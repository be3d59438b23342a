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

from pipeline.dataset.pixels import read_pixels
from pipeline.files import DiskError, drop_leftovers, text_hash, written_aside
from pipeline.locks import HeldError, alone_in
from pipeline.masks import rle
from pipeline.progress import progress
from pipeline.sources import sources

T, R = TypeVar("T"), TypeVar("R")
CHANNELS = 5  # red, green, blue, body, panel
CODE = ("dataset/images.py", "dataset/pixels.py", "masks/rle.py")  # that decides what a cache holds


def at_size(image_hwc: np.ndarray, size: int) -> np.ndarray:
    """An image, or a mask of 0 and 255, at the square working size, by averages over areas."""
    return cv2.resize(image_hwc, (size, size), interpolation=cv2.INTER_AREA)


def soft_mask(body_rle: str, panel_rle: str, height: int, width: int, size: int) -> np.ndarray:
    """uint8 (size, size, 2): how much of each working pixel is body and panel, 255 = all of it."""
    both = np.stack([rle.decode(counts, height, width) for counts in (body_rle, panel_rle)], axis=2)
    return at_size(both.astype(np.uint8) * 255, size)


class Sample:
    """Images and soft masks of some index rows at one size; from a cache where `cached_images` made one."""

    def __init__(self, folder: Path, rows: pd.DataFrame, size: int, cache: np.ndarray | None = None) -> None:
        names = ["image_path", "body_rle", "panel_rle", "height", "width"]
        self.columns = [pa.array(rows[name]) for name in names]  # Python objects would be copied into every worker
        self.folder, self.size, self.cache = folder, size, cache

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """uint8 image (size, size, 3) and soft mask (size, size, 2)."""
        if self.cache is not None:
            return self.cache[i, ..., :3], self.cache[i, ..., 3:]
        path, body, panel, height, width = (column[i].as_py() for column in self.columns)
        image_hwc = read_pixels(self.folder / path)
        return at_size(image_hwc, self.size), soft_mask(body, panel, height, width, self.size)


def cached_images(folder: Path, rows: pd.DataFrame, size: int, keep: bool) -> Sample:
    """A Sample of the rows, decoded once into <folder>/cache/ where `keep` is set and the disk has the room."""
    plain = Sample(folder, rows, size)
    code = " ".join(sources(CODE).values())
    key = text_hash(f"{code} {size} " + " ".join(rows["content_hash"] + rows["body_rle"] + rows["panel_rle"]))
    path = folder / "cache" / f"{size}-{key[:16]}.npy"
    cache = _whole(path, plain)
    if cache is None and keep:
        try:
            cache = _made(path, plain)
        except DiskError as error:
            print(f"no cache of decoded images: {error.what} Reading files.")
        except HeldError as error:
            print(f"no cache of decoded images: {error} Reading files.")
    return Sample(folder, rows, size, cache)


def _whole(path: Path, plain: Sample) -> np.ndarray | None:
    """The cache that is there, mapped into memory; None where there is none, or a damaged one."""
    try:
        cache = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):  # none, cut, or no array
        return None
    return cache if (cache.shape, cache.dtype) == (_shape(plain), np.uint8) else None


def _made(path: Path, plain: Sample) -> np.ndarray | None:
    """Make the cache. Raises DiskError where it has no room, HeldError where another process is making one."""
    with alone_in(path.parent, "cache of decoded images"):
        drop_leftovers(path.parent)
        need, free = math.prod(_shape(plain)), shutil.disk_usage(path.parent).free
        if need > 0.9 * free:
            raise DiskError(f"needs {need / 1e6:,.0f} MB, {free / 1e6:,.0f} MB free.")
        header = {"descr": "|u1", "fortran_order": False, "shape": _shape(plain)}
        with written_aside(path) as aside, aside.open("wb") as file:  # not mapped: a full disk would be a bus error
            np.lib.format.write_array_header_1_0(file, header)
            pairs = read_ahead(plain.__getitem__, range(len(plain)))
            for image_hwc, mask_hwc in progress(pairs, len(plain), f"cache at {plain.size} px"):
                file.write(np.concatenate([image_hwc, mask_hwc], axis=2).tobytes())
    return _whole(path, plain)


def _shape(plain: Sample) -> tuple[int, int, int, int]:
    return len(plain), plain.size, plain.size, CHANNELS


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
