"""Which image files a folder holds, links followed, and what else lies there."""

import os
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png")


class Found(NamedTuple):
    """Paths relative to the folder that was walked; names that begin with a dot are in none of them, nor followed.

    Attributes:
        images: by their ending, in any case; also links that lead nowhere
        others: files of other formats
        misnamed: files and folders whose names are not UTF-8
        junk: `._*`, which other machines leave beside files
    """

    images: list[Path]
    others: list[Path]
    misnamed: list[Path]
    junk: list[Path]


def image_files(folder: Path) -> tuple[list[Path], list[str]]:
    """All .jpg, .jpeg and .png files below a folder, relative to it and sorted, and remarks on what was left out.

    Raises:
        UserError: the folder, or one below it, cannot be read; names them all.
    """
    found = walk(folder)
    return found.images, left_out(found)


def walk(folder: Path, tops: tuple[str, ...] | None = None) -> Found:
    """What lies below a folder; with `tops`, only in and below what is so named there.

    Raises:
        UserError: a folder cannot be read; names them all.
    """
    found, unread = Found([], [], [], []), []
    _walk(folder, Path(), (), found, unread, tops)
    if unread:
        unread.sort()
        more = f" and {len(unread) - 5} more ({len(unread)} in all)" if len(unread) > 5 else ""
        raise UserError(f"cannot read {'; '.join(unread[:5])}{more}")
    for paths in found:
        paths.sort()
    return found


def _walk(folder: Path, at: Path, above: tuple, found: Found, unread: list[str], only: tuple | None = None) -> None:
    """`above` are the folders that led here: a link back to one of them would go round for ever."""
    try:
        stat = (folder / at).stat()
        entries = list(os.scandir(folder / at)) if (stat.st_dev, stat.st_ino) not in above else []
    except OSError as error:
        unread.append(f"{folder / at}: {error.strerror}")
        return
    for entry in entries:
        path = at / entry.name
        if only is not None and entry.name not in only:
            continue
        if not is_utf8(entry.name):
            found.misnamed.append(path)
        elif entry.name.startswith("._"):
            found.junk.append(path)
        elif entry.name.startswith("."):
            continue
        elif _is_folder(entry):
            _walk(folder, path, (*above, (stat.st_dev, stat.st_ino)), found, unread)
        else:
            (found.images if path.suffix.lower() in IMAGE_ENDINGS else found.others).append(path)


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or one to where nobody may look
        return False


def is_utf8(name: str) -> bool:
    """Whether a file's name can be written into tables and printed."""
    try:
        os.fsencode(name).decode()
    except UnicodeError:
        return False
    return True


def left_out(found: Found) -> list[str]:
    """Remarks, one a kind of file that is no image."""
    kinds = {
        f"files of other formats than {', '.join(IMAGE_ENDINGS)}": [path.as_posix() for path in found.others],
        "files or folders whose names are not UTF-8": [repr(os.fsencode(path)) for path in found.misnamed],
        "junk files (._*)": [path.as_posix() for path in found.junk],
    }
    return [remark(kind, names) for kind, names in kinds.items() if names]


def remark(kind: str, names: list[str]) -> str:
    """How many there are, and the first five."""
    more = ", ..." if len(names) > 5 else ""
    return f"{len(names)} {kind}, left out: {', '.join(names[:5])}{more}"
