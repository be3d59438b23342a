"""The zip of SPARK 2024's segmentation: write it, read it, check it.

As read in participants' code that scored: a flat zip with `<image>_layer.npz` for each image, key `data`, shape
(height, width, 3), 1024 x 1024 in the upload, uint8 with black, body (255, 0, 0) and panel (0, 0, 255), or bool with
the same channels.
"""

import functools
import io
import re
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from pipeline.errors import brief, reason
from pipeline.masks import rle
from pipeline.processes import cores, spread
from pipeline.tracks import archive
from pipeline.tracks.findings import Findings

AT_ONCE = 100  # images that a process reads or writes before it answers
KEY = "data"
MOST_A_PIXEL = 2 * 3  # bytes of a member, more than any valid one has
MOST_INSIDE = 9 * 3  # bytes a pixel of the array in it: room for the wrong types that are worth naming
ARRAYS_GOOD = "every file is an npz with one array, data"
TYPES_GOOD = "arrays are uint8 or bool, of their image's size x 3"
COLOURS_GOOD = "pixels are black, body red or panel blue, exactly"
CHECKS = (*archive.CHECKS, ARRAYS_GOOD, TYPES_GOOD, COLOURS_GOOD)


class Fault(NamedTuple):
    """What is wrong with one file, and which check it fails."""

    check: str
    words: str


def member_of(image_id: str) -> str:
    """The name of an image's file in the zip.

    `test_00000_img.jpg` -> `test_00000_layer.npz`, `Soho/00000_img.jpg` -> `Soho__00000_layer.npz`; the number behind
    the ending of a repeated id stays.
    """
    return re.sub(r"(_img)?\.[^.#]*(#\d+)?$", r"\2", image_id.replace("/", "__")) + "_layer.npz"


def write(path: Path, predictions: pd.DataFrame, efficiency: dict) -> None:
    """Write the zip, one file per image; the same rows give the same bytes. Compute is not part of it."""
    names = ("image_id", "body_rle", "panel_rle", "height", "width")
    rows = list(zip(*(predictions[name] for name in names), strict=True))
    with zipfile.ZipFile(path, "w") as out:
        for group in spread(_members, _groups(rows), cores(), chunk=1):
            for name, content in group:
                archive.add_member(out, name, content, zipfile.ZIP_STORED)  # the arrays are deflated already


def _groups(items: list) -> list[list]:
    return [items[i : i + AT_ONCE] for i in range(0, len(items), AT_ONCE)]


def _members(rows: list[tuple[str, str, str, int, int]]) -> list[tuple[str, bytes]]:
    """Names and contents of the files of some images: id, body and panel as RLE, height, width."""
    return [(member_of(image_id), _array(*answer)) for image_id, *answer in rows]


def _array(body: str, panel: str, height: int, width: int) -> bytes:
    body_hw, panel_hw = (rle.decode(counts, height, width) for counts in (body, panel))
    red, blue = ((mask_hw * np.uint8(255)) for mask_hw in (body_hw & ~panel_hw, panel_hw))
    out = io.BytesIO()
    np.savez_compressed(out, **{KEY: cv2.merge([red, np.zeros_like(red), blue])})
    return out.getvalue()


def results(path: Path, rows: pd.DataFrame) -> dict[str, list[dict]]:
    """COCO results of the masks that were read in a zip; without scores of their own they all have 1."""
    names = ["image_id", "height", "width", "body_rle", "panel_rle"]
    found = [
        {
            "image_id": image_id,
            "category_id": part,
            "segmentation": {"size": [height, width], "counts": counts},
            "score": 1.0,
        }
        for image_id, height, width, *masks in rows[names].itertuples(index=False)
        for part, counts in enumerate(masks, 1)
        if rle.area(counts, height, width)
    ]
    return {"segm": found}


def examine(path: Path, images: pd.DataFrame) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a zip, and what it answers as far as that can be read.

    Args:
        path: of the zip.
        images: every image that must be answered, once each: image_id, and height and width of its answer.

    Returns:
        Complaints by check; one row per image (image_id, body_rle, panel_rle, height, width), in the order of `images`;
        an empty dict.
    """
    findings = Findings(CHECKS)
    most_bytes = MOST_A_PIXEL * int((images["height"] * images["width"]).max()) + 2**12
    archive.check_members(path, [member_of(image_id) for image_id in images["image_id"]], most_bytes, findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(ARRAYS_GOOD, TYPES_GOOD, COLOURS_GOOD)
    wanted = list(images[["image_id", "height", "width"]].itertuples(index=False, name=None))
    rows: list[tuple[str, str]] = []
    for group in spread(functools.partial(_masks_of, path), _groups(wanted), cores(), chunk=1):
        for found in group:
            if isinstance(found, Fault):
                findings[found.check].append(found.words)
            else:
                rows.append(found)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    body, panel = zip(*rows, strict=True) if rows else ((), ())
    return findings, images[["image_id", "height", "width"]].assign(body_rle=body, panel_rle=panel), {}


def _masks_of(path: Path, wanted: list[tuple[str, int, int]]) -> list["tuple[str, str] | Fault"]:
    """Body and panel of some images (id, height, width) as RLE, or what is wrong with an image's file."""
    with zipfile.ZipFile(path) as members:
        return [_masks(members, member_of(image_id), (height, width, 3)) for image_id, height, width in wanted]


def _masks(members: zipfile.ZipFile, name: str, shape: tuple[int, int, int]) -> "tuple[str, str] | Fault":
    where = f"member {brief(name)}"
    try:
        content = members.read(name)
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            largest = max((member.file_size for member in inner.infolist()), default=0)
        most = MOST_INSIDE * shape[0] * shape[1] + 2**12
        if largest > most:
            said = f"array of {largest:,} bytes, expected at most {most:,}"
            return Fault(archive.SIZES_GOOD, f"{where}: {said}")
        with warnings.catch_warnings(), np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            warnings.simplefilter("ignore")  # numpy's, of headers that old Pythons wrote
            if arrays.files != [KEY]:
                return Fault(ARRAYS_GOOD, f"{where}: keys {brief(arrays.files)}, expected {[KEY]}")
            array_hwc = arrays[KEY]
    except Exception as error:  # damaged or hostile files fail in many ways that have no common base
        return Fault(ARRAYS_GOOD, f"{where}: cannot be read as an npz: {reason(error)}")
    if not isinstance(array_hwc, np.ndarray):  # numpy hands over what is no npy as bytes
        return Fault(ARRAYS_GOOD, f"{where}: {KEY} is no numpy array")
    if array_hwc.shape != shape or array_hwc.dtype not in (np.uint8, np.bool_):
        said = f"{array_hwc.dtype} {array_hwc.shape}, expected uint8 or bool {shape}"
        return Fault(TYPES_GOOD, f"{where}: {said}")
    full = 255 if array_hwc.dtype == np.uint8 else 1
    array_hwc = array_hwc.view(np.uint8)  # a bool's byte may be neither 0 nor 1
    red, green, blue = cv2.split(array_hwc)
    body_hw, panel_hw = red == full, blue == full
    stray = green.any() or (body_hw & panel_hw).any()
    if stray or (red.astype(bool) != body_hw).any() or (blue.astype(bool) != panel_hw).any():
        return Fault(COLOURS_GOOD, f"{where}: {_odd_colours(array_hwc, full)}")
    return rle.encode(body_hw), rle.encode(panel_hw)


def _odd_colours(array_hwc: np.ndarray, full: int) -> str:
    """How many pixels are none of the three colours, and the first of them."""
    known = [(0, 0, 0), (full, 0, 0), (0, 0, full)]
    odd_hw = ~np.logical_or.reduce([(array_hwc == colour).all(axis=-1) for colour in known])
    row, column = np.argwhere(odd_hw)[0]
    first = f"the first at row {row}, column {column}: {tuple(map(int, array_hwc[row, column]))}"
    return f"{odd_hw.sum():,} pixels of other colours than black, red and blue, {first}"
