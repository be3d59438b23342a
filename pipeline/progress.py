"""Progress of long work: a bar on a terminal, else a line each 10 %, with rate and time left."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
LEAST_SECONDS = 3.0  # between two lines, so that short work stays silent


def progress(items: Iterable[T], total: int, label: str, unit: str = "img", start: int = 0) -> Iterator[T]:
    """Yield the items while reporting; `total` counts all the work and `start` what an earlier run has done."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=label, unit=unit, initial=start, leave=False)
        return
    began = last = time.monotonic()
    said = start * 10 // max(total, 1)
    for done, item in enumerate(items, start=start + 1):
        yield item
        now = time.monotonic()
        if done * 10 // max(total, 1) > said and now - last >= LEAST_SECONDS:
            said, last = done * 10 // max(total, 1), now
            rate = (done - start) / (now - began)
            left = (total - done) / rate
            print(
                f"{label}: {done}/{total} {unit}, {rate:.1f} {unit}/s, {left:.0f} s left", file=sys.stderr, flush=True
            )


def say(text: str) -> None:
    """Print a line without tearing a bar that is being shown."""
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()
