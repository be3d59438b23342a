"""Images at working size: read from files, or kept decoded beside the data set."""

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

from pipeline.errors import UserError
from pipeline.files import DiskError, drop_leftovers, text_hash, written_aside
from pipeline.masks import rle
from pipeline.progress import progress

T, R = TypeVar("T"), TypeVar("R")
CHANNELS = 5  # red, green, blue, body, panel
LAYOUT = "1"  # raise when what is kept changes, so that old caches are not taken


def read_pixels(path: Path) -> np.ndarray | None:
    """RGB uint8 (height, width, 3) of an image file; None where it cannot be read."""
    try:
        return cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    except cv2.error:  # a header that claims more pixels than OpenCV takes
        return None


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
        if image_hwc is None:
            raise UserError(f"{self.folder / path} cannot be read any more: run `./run.sh index` again.")
        return at_size(image_hwc, self.size), soft_mask(body, panel, height, width, self.size)


def cached_images(folder: Path, rows: pd.DataFrame, size: int, keep: bool) -> Sample:
    """A Sample of the rows, decoded once into <folder>/cache/ where `keep` is set and the disk has the room."""
    plain = Sample(folder, rows, size)
    need = len(rows) * size * size * CHANNELS
    key = text_hash(f"{LAYOUT} {size} " + " ".join(rows["content_hash"] + rows["body_rle"] + rows["panel_rle"]))
    path = folder / "cache" / f"{size}-{key[:16]}.npy"
    if path.exists():
        return Sample(folder, rows, size, np.load(path, mmap_mode="r"))
    free = shutil.disk_usage(folder).free
    if not keep or need > 0.9 * free:
        if keep:
            print(f"no cache of decoded images: needs {need / 1e9:.1f} GB, {free / 1e9:.1f} GB free. Reading files.")
        return plain
    drop_leftovers(path.parent)
    try:
        _fill(path, plain)
    except DiskError as error:
        print(f"no cache of decoded images: {error} Reading files.")
        return plain
    return Sample(folder, rows, size, np.load(path, mmap_mode="r"))


def _fill(path: Path, plain: Sample) -> None:
    shape = (len(plain), plain.size, plain.size, CHANNELS)
    with written_aside(path) as aside:
        kept = np.lib.format.open_memmap(aside, "w+", np.uint8, shape)
        pairs = read_ahead(plain.__getitem__, range(len(plain)))
        for i, (image_hwc, mask_hwc) in enumerate(progress(pairs, len(plain), f"cache at {plain.size} px")):
            kept[i, ..., :3], kept[i, ..., 3:] = image_hwc, mask_hwc
        kept.flush()


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
