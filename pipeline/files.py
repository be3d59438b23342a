"""Files that are either whole or not there: written aside, then renamed."""

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import UserError, reason

ASIDE = re.compile(r"\..*\.[0-9a-f]{8}\.part(\.[^.]*)?")  # names that `written_aside` gives


class DiskError(UserError):
    """A file cannot be written here.

    Attributes:
        what: the file and the reason, without advice
    """

    def __init__(self, what: str, advice: str = "Free some space or choose another folder."):
        super().__init__(f"{what} {advice}")
        self.what = what


def cannot_write(path: Path, error: OSError) -> DiskError:
    """The words for a file that could not be written, whatever kept it from being."""
    return DiskError(f"cannot write {path}: {error.strerror or reason(error)}.")


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; on a clean exit it becomes `path`, on an error it is removed.

    Raises:
        DiskError: the disk is full or the folder may not be written.
    """
    aside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        make_folder(path.parent)
        with _marked_alive(aside):
            yield aside
            aside.replace(path)
    except BrokenPipeError:  # of what is printed meanwhile
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


@contextmanager
def _marked_alive(aside: Path) -> Iterator[None]:
    """Make a file and lock it while it is being written: a process number says nothing to another container."""
    descriptor = os.open(aside, os.O_CREAT | os.O_WRONLY, 0o666)
    try:
        with suppress(OSError):  # a disk without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing.

    Raises:
        DiskError: no folder can be there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"cannot make the folder {folder}: {error.strerror}.", "Choose another one.") from error


def drop_leftovers(folder: Path) -> None:
    """Remove what `written_aside` of processes that were killed has left in a folder and those below it."""
    for aside in filter(lambda path: ASIDE.fullmatch(path.name), folder.rglob(".*.part*")):
        with suppress(OSError):  # gone meanwhile, somebody's who lives, or on a disk without locks
            descriptor = os.open(aside, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                aside.unlink()
            finally:
                os.close(descriptor)


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a file whole, in UTF-8."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: dict) -> None:
    """Write an indented JSON file whole; not-a-number is refused."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> dict:
    """The content of a JSON file that holds an object, or an empty dict where there is none.

    Raises:
        UserError: it holds something else.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not text
        raise UserError(f"{path} is damaged: {error}. Delete it, or what it belongs to, and make it anew.") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    if not isinstance(content, dict):
        raise UserError(
            f"{path} is damaged: it holds no JSON object. Delete it, or what it belongs to, and make it anew."
        )
    return content


def file_hash(path: Path) -> str:
    """BLAKE2b-128 of a file's bytes, 32 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def text_hash(text: str) -> str:
    """BLAKE2b-128 of a text's UTF-8 bytes, 32 hex digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def files_hash(paths: Iterable[Path]) -> str:
    """12 hex digits of the bytes of some files, in their order."""
    return text_hash("\n".join(file_hash(path) for path in paths))[:12]
