"""What every check of a data set's files begins with: is it there, can it be read, is it whole, how large is it."""

import hashlib
from pathlib import Path

import numpy as np

from pipeline.dataset.pixels import Picture, read_picture
from pipeline.dataset.problems import Problem


def checked(folder: Path, path: Path, kind: str, problems: list[Problem]) -> tuple[Picture, np.ndarray | None]:
    """A picture and its RGB pixels (height, width, 3); None, and why as a problem, where it is not whole.

    Args:
        folder: of the data set
        path: below it
        kind: what problems are called by: image, mask
        problems: one is added where there is one
    """
    picture = read_picture(folder / path)
    where = path.as_posix()
    if picture.missing:
        problems.append(Problem(f"{kind}-missing", where))
    elif picture.fault:
        problems.append(Problem(f"{kind}-{'unreadable' if picture.unread else 'undecodable'}", where, picture.fault))
    elif picture.depth > 8:
        problems.append(Problem(f"{kind}-depth", where, f"{picture.depth} bits a channel, read as 8"))
    return picture, None if picture.fault else picture.rgb_hwc


def both_checked(
    folder: Path, image: Path, mask: Path | None, problems: list[Problem]
) -> tuple[list[Picture], np.ndarray | None, tuple[int, int]]:
    """The pictures of an image and, where there is to be one, of its mask; the mask's pixels; and height and width.

    As `checked` does each. The size is the image's, the mask's where that is not whole, (0, 0) where neither is.
    """
    picture, image_hwc = checked(folder, image, "image", problems)
    pictures, mask_hwc = [picture], None
    if mask:
        picture, mask_hwc = checked(folder, mask, "mask", problems)
        pictures.append(picture)
    sized = mask_hwc if image_hwc is None else image_hwc
    return pictures, mask_hwc, (0, 0) if sized is None else sized.shape[:2]


def content_hash(picture: Picture) -> str:
    """Of the file's bytes, as pipeline.files.file_hash; empty where there are none to be read."""
    unknown = picture.missing or picture.unread
    return "" if unknown else hashlib.blake2b(picture.content, digest_size=16).hexdigest()
