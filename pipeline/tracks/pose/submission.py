"""The CSV of poses: write it, read it, check it.

One CSV without a header, an image a line, quaternion scalar first, metres, as SPEED's rules and its own writer have it:
    filename, q1, q2, q3, q4, r1, r2, r3
SPEED+ asks for both of its categories in one file; since file names occur in both, the category comes first:
    category, filename, q1, q2, q3, q4, r1, r2, r3        category: lightbox or sunlamp
So the category is written where an image is of one of these two, or where file names alone would not tell images apart
(then it is the domain, `synthetic` too, for which there was no competition: an assumption, for local work). Both forms
are read. tracks/pose/__init__.py has the sources.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.errors import UserError, brief, reason
from pipeline.tracks.findings import Findings
from pipeline.tracks.pose import CATEGORIES
from pipeline.tracks.pose.checks import (
    CHECKS,
    COLUMNS_GOOD,
    IMAGES_GOOD,
    NUMBERS_GOOD,
    POSE,
    READABLE,
    check_images,
    check_poses,
    odd_poses,
    parse_number,
)

NAME = "submission.csv"
NARROW, WIDE = ("filename", *POSE), ("category", "filename", *POSE)
MOST_A_LINE = 1000  # bytes: a file name and seven numbers of two dozen characters take far less


def write(path: Path, predictions: pd.DataFrame, efficiency: dict) -> None:
    """Write the CSV; the same rows give the same bytes, and every number is read back to the last bit.

    Args:
        path: of the CSV.
        predictions: rows in the order wanted: image_id, quaternion, translation_m.
        efficiency: compute; is not part of it.
    """
    from_category = 0 if _asks_for_category(predictions["image_id"]) else 1
    poses = zip(predictions["image_id"], predictions["quaternion"], predictions["translation_m"], strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for image_id, quaternion, translation in poses:
            values = [repr(float(value)) for value in (*quaternion, *translation)]
            writer.writerow([*_parts(image_id)[from_category:], *values])


def _parts(image_id: str) -> tuple[str, str]:
    """Category and file name: `lightbox/img000001.jpg` -> `lightbox`, `img000001.jpg`."""
    category, slash, name = image_id.partition("/")
    return (category, name) if slash else ("", image_id)


def _asks_for_category(image_ids: pd.Series) -> bool:
    categories, names = zip(*map(_parts, image_ids), strict=True) if len(image_ids) else ((), ())
    return not set(CATEGORIES).isdisjoint(categories) or _ambiguous(names)


def _ambiguous(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)


def examine(path: Path, images: pd.DataFrame) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a CSV, and what it answers as far as that can be read.

    Args:
        path: of the CSV.
        images: every image that must be answered, once each: image_id; and quaternion and translation_m, null where
            they are not known: what would fit them far better if it were meant otherwise is noted.

    Returns:
        Complaints by check; one row per image (image_id, quaternion, translation_m), in the CSV's order; an empty dict.

    Raises:
        UserError: there is no such file.
    """
    findings = Findings(CHECKS)
    lines = _lines(path, len(images), findings)
    wide = bool(lines) and _check_columns(lines, images["image_id"], findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(IMAGES_GOOD, NUMBERS_GOOD)
    known = {image_id if wide else _parts(image_id)[1]: image_id for image_id in images["image_id"]}
    said = {number: "/".join(cells[: -len(POSE)]) for number, cells in lines.items()}
    check_images(said, list(known), findings[IMAGES_GOOD])
    poses = {number: _pose(number, cells[-len(POSE) :], findings) for number, cells in lines.items()}
    check_poses({number: pose for number, pose in poses.items() if None not in pose}, findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    rows = [(known[said[number]], pose[:4], pose[4:]) for number, pose in poses.items()]
    table = pd.DataFrame(rows, columns=["image_id", "quaternion", "translation_m"])
    findings.notes += odd_poses(table, images)
    if not wide and _asks_for_category(images["image_id"]):
        findings.notes.append("no category (lightbox or sunlamp) before the file names, as SPEED+'s rules ask for")
    return findings, table, {}


def _lines(path: Path, images: int, findings: Findings) -> dict[int, list[str]]:
    """The CSV's cells by line number, as far as it is one."""
    findings.begin(READABLE)
    complaints = findings[READABLE]
    if not path.exists():
        raise UserError(f"no file {path.absolute()}. `./run.sh package` writes one.")
    if not path.is_file():
        raise UserError(f"{path.absolute()} is a {'folder' if path.is_dir() else 'pipe or device'}; expected a CSV.")
    size, most = path.stat().st_size, MOST_A_LINE * (10 * images + 1000)
    if size > most:
        complaints.append(f"{size:,} bytes, expected at most {most:,} for {images} images")
        return {}
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path.absolute()}: {error.strerror or reason(error)}.") from error
    if content.startswith(codecs.BOM_UTF8):
        complaints.append("starts with a byte order mark, expected plain UTF-8")
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
        complaints.append("is UTF-16 or no text at all, expected plain UTF-8")
    elif not content.strip():
        complaints.append(f"is empty ({size} bytes), expected a line for each of {images} images")
    if complaints:
        return {}
    lines: dict[int, list[str]] = {}
    try:
        reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        lines.update((reader.line_num, cells) for cells in reader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        complaints.append(f"line {line}: byte {content[error.start]:#04x} is no UTF-8")
    except csv.Error as error:
        complaints.append(f"line {reader.line_num}: no CSV: {reason(error)}")
    return lines


def _check_columns(lines: dict[int, list[str]], image_ids: pd.Series, findings: Findings) -> bool:
    """Whether the category comes first; cells are counted line by line, and a header is found and taken out."""
    findings.begin(COLUMNS_GOOD)
    complaints = findings[COLUMNS_GOOD]
    first, cells = next(iter(lines.items()))
    if separator := next((sign for sign in ";\t|" if sign in "".join(cells)), None):
        complaints.append(f"line {first}: separated by {separator!r}, expected ','")
        return False
    wide = len(cells) == len(WIDE) or (len(cells) != len(NARROW) and _asks_for_category(image_ids))
    wanted = WIDE if wide else NARROW
    if len(cells) > 1 and all(parse_number(cell.replace(",", ".")) is None for cell in cells):
        complaints.append(f"line {first}: {brief(','.join(cells))} is a header, expected none")
        del lines[first]
    if not wide and _ambiguous([_parts(image_id)[1] for image_id in image_ids]):
        complaints.append(f"file names occur in several categories; expected lines are {', '.join(WIDE)}")
    for number, cells in lines.items():
        if len(cells) != len(wanted):
            hint = "; commas as decimal points?" if len(cells) > len(WIDE) else ""
            said = f"line {number}: {len(cells)} columns, expected {len(wanted)}: {', '.join(wanted)}{hint}"
            complaints.append(said)
    return wide


def _pose(number: int, cells: list[str], findings: Findings) -> list[float | None]:
    """q1 ... r3 of a line, None for what is no number."""
    pose = [parse_number(cell) for cell in cells]
    odd = [f"{name} {brief(cell)}" for name, cell, value in zip(POSE, cells, pose, strict=True) if value is None]
    if odd:
        comma = "; commas as decimal points?" if any("," in cell for cell in cells) else ""
        findings[NUMBERS_GOOD].append(f"line {number}: {', '.join(odd)}: expected numbers as 0.25 or 2.5e-1{comma}")
    return pose
