"""Files that are either whole or not there: written aside, then renamed."""

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import UserError


class DiskError(UserError):
    """A file cannot be written here."""


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; on a clean exit it becomes `path`, on an error it is removed.

    Raises:
        DiskError: the disk is full or the folder may not be written.
    """
    aside = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        make_folder(path.parent)
        yield aside
        aside.replace(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EISDIR):
            raise
        raise DiskError(f"cannot write {path}: {error.strerror}. Free some space or choose another folder.") from error
    finally:
        with suppress(OSError):
            aside.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing.

    Raises:
        DiskError: no folder can be there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"cannot make the folder {folder}: {error.strerror}. Choose another one.") from error


def drop_leftovers(folder: Path) -> None:
    """Remove what `written_aside` of processes that were killed has left in a folder and those below it."""
    for aside in folder.rglob(".*.part*"):
        pid = re.search(r"\.(\d+)\.part", aside.name)
        if pid and not Path(f"/proc/{pid[1]}").exists():
            aside.unlink(missing_ok=True)


def write_json(path: Path, content: dict) -> None:
    """Write an indented JSON file whole; not-a-number is refused."""
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> dict:
    """The content of a JSON file that holds an object, or an empty dict where there is none.

    Raises:
        UserError: it holds something else.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
    except ValueError as error:  # not JSON, or not text
        raise UserError(f"{path} is damaged: {error}. Delete it, or what it belongs to, and make it anew.") from error
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
