"""One process at a time in a folder. The lock is the process's own and goes with it, however it ends."""

import errno
import fcntl
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import cannot_write, make_folder

FILE = ".lock"
HELD = (errno.EACCES, errno.EAGAIN)


class HeldError(UserError):
    """Another process works in the folder."""


@contextmanager
def alone_in(folder: Path, doing: str) -> Iterator[None]:
    """Hold a folder, made where it is missing, against other processes; a folder left empty is removed again.

    Record locks of POSIX: they reach across containers and network disks, and loader processes do not inherit them. The
    same process may not hold a folder twice. Where the disk has no locks, a line says so.

    Args:
        folder: to be alone in.
        doing: what is done there, as others are told, such as "train".

    Raises:
        HeldError: another process holds it.
        DiskError: the folder may not be written.
    """
    make_folder(folder)
    path = folder / FILE
    descriptor = _locked(path)
    with suppress(OSError):  # on a full disk nobody learns who it is, and no more
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"`{doing}`, process {os.getpid()} on {platform.node()}".encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)
        with suppress(OSError):
            folder.rmdir()


def empty(folder: Path, keep: str = FILE) -> None:
    """Delete what a folder holds that this process is alone in, folders first; a file of the name `keep` stays.

    Raises:
        HeldError: another process works in a folder below it; nothing is deleted then.
    """
    for path in sorted(folder.rglob(FILE)):
        if path.parent != folder:
            with alone_in(path.parent, "delete"):
                pass
    for path in sorted(folder.iterdir(), key=Path.is_file):
        if path.name not in (FILE, keep):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _locked(path: Path) -> int:
    """A descriptor of the lock file that this process holds."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in HELD:
                holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
                os.close(descriptor)
                raise HeldError(f"{path.parent} is in use: {holder}. Wait until it has ended, or stop it.") from None
            print(f"note: {path.parent} is on a disk without locks ({error.strerror}); start nothing else in it")
        with suppress(OSError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:  # else its last holder has just removed it
                return descriptor
        os.close(descriptor)
