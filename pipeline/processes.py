"""Work spread over processes that end with their parent, however that ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from pipeline.errors import UserError

T, R = TypeVar("T"), TypeVar("R")


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_alive(process: int) -> bool:
    """Whether this machine has a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def spread(function: Callable[[T], R], work: Sequence[T], processes: int, chunk: int) -> Iterator[R]:
    """function(item) for each item of `work`, in order, from so many processes, `chunk` items at a time.

    One process is this one. The function must be importable, and is best single-threaded.

    Raises:
        UserError: a process was killed from outside.
    """
    processes = min(processes, len(work))
    if processes <= 1:
        yield from map(function, work)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_settle) as pool:
        try:
            yield from pool.map(function, work, chunksize=chunk)
        except BrokenProcessPool as error:
            raise UserError("a worker process was killed, perhaps for memory. The same command resumes.") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _settle() -> None:
    """Set up a worker: one thread, Ctrl-C is the parent's matter, and it ends when the parent is killed."""
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
