"""The zip of SPARK 2024's segmentation: write it, read it, check it.

As read in participants' code that scored: a flat zip with `<image>_layer.npz` for each image, key `data`, shape (1024,
1024, 3), uint8 with black, body (255, 0, 0) and panel (0, 0, 255), or bool with the same channels.
"""

import functools
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from pipeline.errors import UserError
from pipeline.files import written_aside
from pipeline.masks import rle
from pipeline.processes import cores, spread
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2024 import SIZE

AT_ONCE = 100  # images that a process reads or writes before it answers
KEY, SHAPE = "data", (SIZE, SIZE, 3)
MOST_BYTES = 2 * SIZE * SIZE * 3  # of a member, more than any valid one has
MOST_INSIDE = 9 * SIZE * SIZE * 3  # of the array in it: room for the wrong types that are worth naming
OPENS, MEMBERS_GOOD, SIZES_GOOD = "the zip opens", "flat, a file an image and no others", "no file is too large"
ARRAYS_GOOD, TYPES_GOOD = "every file is an npz with one array, data", "arrays are uint8 or bool, 1024 x 1024 x 3"
COLOURS_GOOD = "pixels are black, body red or panel blue, exactly"
CHECKS = (OPENS, MEMBERS_GOOD, SIZES_GOOD, ARRAYS_GOOD, TYPES_GOOD, COLOURS_GOOD)
EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time in the zip, so that the same answers give the same bytes


class Fault(NamedTuple):
    """What is wrong with one file, and which check it fails."""

    check: str
    words: str


def member_of(image_id: str) -> str:
    """The name of an image's file in the zip: `test_00000_img.jpg` -> `test_00000_layer.npz`."""
    stem = image_id.replace("/", "__").rsplit(".", 1)[0]
    return stem.removesuffix("_img") + "_layer.npz"


def write(path: Path, predictions: pd.DataFrame, efficiency: dict) -> None:
    """Write the zip, an image at a time; the same rows give the same bytes. Compute is not part of it."""
    rows = list(zip(*(predictions[name] for name in ("image_id", "body_rle", "panel_rle")), strict=True))
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        for group in spread(_members, _groups(rows), cores(), chunk=1):
            for name, content in group:
                member = zipfile.ZipInfo(name, EPOCH)
                member.external_attr = 0o644 << 16
                archive.writestr(member, content)  # stored: the arrays are deflated already


def _groups(items: list) -> list[list]:
    return [items[i : i + AT_ONCE] for i in range(0, len(items), AT_ONCE)]


def _members(rows: list[tuple[str, str, str]]) -> list[tuple[str, bytes]]:
    """Names and contents of the files of some images: id, body and panel as RLE."""
    return [(member_of(image_id), _array(body, panel)) for image_id, body, panel in rows]


def _array(body: str, panel: str) -> bytes:
    body_hw, panel_hw = (rle.decode(counts, SIZE, SIZE) for counts in (body, panel))
    red, blue = ((mask_hw * np.uint8(255)) for mask_hw in (body_hw & ~panel_hw, panel_hw))
    out = io.BytesIO()
    np.savez_compressed(out, **{KEY: cv2.merge([red, np.zeros_like(red), blue])})
    return out.getvalue()


def read(path: Path, image_ids: list[str]) -> tuple[pd.DataFrame, dict]:
    """What a zip answers, checked.

    Args:
        path: of the zip.
        image_ids: every image that must be answered, once each.

    Returns:
        A row an image (image_id, body_rle, panel_rle), in the order of `image_ids`, and an empty dict.

    Raises:
        UserError: anything is wrong; with every complaint.
    """
    findings, rows, compute = examine(path, image_ids)
    findings.refuse(path)
    return rows, compute


def results(path: Path, rows: pd.DataFrame) -> dict[str, list[dict]]:
    """COCO results of the masks that `read` found in a zip; without scores of their own they all have 1."""
    found = [
        {
            "image_id": image_id,
            "category_id": part,
            "segmentation": {"size": [SIZE, SIZE], "counts": counts},
            "score": 1.0,
        }
        for image_id, *masks in rows[["image_id", "body_rle", "panel_rle"]].itertuples(index=False)
        for part, counts in enumerate(masks, 1)
        if rle.area(counts, SIZE, SIZE)
    ]
    return {"segm": found}


def examine(path: Path, image_ids: list[str]) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a zip, and what it answers as far as that can be read; arguments as of `read`."""
    findings = Findings(CHECKS)
    _check_members(path, [member_of(image_id) for image_id in image_ids], findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(ARRAYS_GOOD, TYPES_GOOD, COLOURS_GOOD)
    rows: list[tuple[str, str]] = []
    for group in spread(functools.partial(_masks_of, path), _groups(image_ids), cores(), chunk=1):
        for found in group:
            if isinstance(found, Fault):
                findings[found.check].append(found.words)
            else:
                rows.append(found)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    body, panel = zip(*rows, strict=True) if rows else ((), ())
    return findings, pd.DataFrame({"image_id": image_ids, "body_rle": body, "panel_rle": panel}), {}


def _check_members(path: Path, wanted: list[str], findings: Findings) -> None:
    """Every image's file once and nothing else, none larger than an array can be."""
    findings.begin(OPENS)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except FileNotFoundError:
        raise UserError(f"no file {path.absolute()}: run `./run.sh package` first.") from None
    except Exception as error:  # damaged zips fail in many ways that have no common base
        findings[OPENS].append(f"the zip cannot be read: {type(error).__name__} {error}")
        return
    if members and min(member.header_offset for member in members):
        # the end of a stored npz was taken for the end of the zip
        findings[OPENS].append("the zip cannot be read: it is cut, or has something before its first member")
        return
    findings.begin(MEMBERS_GOOD, SIZES_GOOD)
    known, seen = set(wanted), set()
    for member in members:
        name = member.filename
        if name in seen:
            findings[MEMBERS_GOOD].append(f"member {name!r}: twice")
        elif name not in known:
            expected = f"the zip is flat and holds {wanted[0]} and so on"
            findings[MEMBERS_GOOD].append(f"member {name!r}: not expected; {expected}")
        elif member.file_size > MOST_BYTES:
            said = f"{member.file_size:,} bytes, expected at most {MOST_BYTES:,}"
            findings[SIZES_GOOD].append(f"member {name!r}: {said}")
        seen.add(name)
    findings[MEMBERS_GOOD] += [f"member {name!r}: missing" for name in wanted if name not in seen]


def _masks_of(path: Path, image_ids: list[str]) -> list["tuple[str, str] | Fault"]:
    """Body and panel of some images as RLE, or what is wrong with an image's file."""
    with zipfile.ZipFile(path) as archive:
        return [_masks(archive, member_of(image_id)) for image_id in image_ids]


def _masks(archive: zipfile.ZipFile, name: str) -> "tuple[str, str] | Fault":
    try:
        content = archive.read(name)
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            largest = max(member.file_size for member in inner.infolist())
        if largest > MOST_INSIDE:
            said = f"array of {largest:,} bytes, expected at most {MOST_INSIDE:,}"
            return Fault(SIZES_GOOD, f"member {name!r}: {said}")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if arrays.files != [KEY]:
                return Fault(ARRAYS_GOOD, f"member {name!r}: keys {arrays.files}, expected {[KEY]}")
            array_hwc = arrays[KEY]
    except Exception as error:  # damaged or hostile files fail in many ways that have no common base
        return Fault(ARRAYS_GOOD, f"member {name!r}: cannot be read: {type(error).__name__} {error}")
    if array_hwc.shape != SHAPE or array_hwc.dtype not in (np.uint8, np.bool_):
        said = f"{array_hwc.dtype} {array_hwc.shape}, expected uint8 or bool {SHAPE}"
        return Fault(TYPES_GOOD, f"member {name!r}: {said}")
    full = 255 if array_hwc.dtype == np.uint8 else 1
    array_hwc = array_hwc.view(np.uint8)  # a bool's byte may be neither 0 nor 1
    red, green, blue = cv2.split(array_hwc)
    body_hw, panel_hw = red == full, blue == full
    stray = green.any() or (body_hw & panel_hw).any()
    if stray or (red.astype(bool) != body_hw).any() or (blue.astype(bool) != panel_hw).any():
        return Fault(COLOURS_GOOD, f"member {name!r}: {_odd_colours(array_hwc, full)}")
    return rle.encode(body_hw), rle.encode(panel_hw)


def _odd_colours(array_hwc: np.ndarray, full: int) -> str:
    """How many pixels are none of the three colours, and the first of them."""
    known = [(0, 0, 0), (full, 0, 0), (0, 0, full)]
    odd_hw = ~np.logical_or.reduce([(array_hwc == colour).all(axis=-1) for colour in known])
    row, column = np.argwhere(odd_hw)[0]
    first = f"the first at row {row}, column {column}: {tuple(map(int, array_hwc[row, column]))}"
    return f"{odd_hw.sum():,} pixels of other colours than black, red and blue, {first}"
