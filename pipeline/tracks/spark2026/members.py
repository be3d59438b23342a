"""The CSV and the JSON files in a zip of SPARK 2026, read with care: nothing in them fills the memory."""

import codecs
import csv
import io
import itertools
import json
import re
import zipfile
from pathlib import Path

from pipeline.errors import brief, reason
from pipeline.tracks.spark2026.checks import CSV

COLUMNS = ["image_id", "class", "bbox", "body_rle", "panel_rle"]
MARKS_EACH = 16  # opening brackets and commas in a record of a JSON file; usual are 9
NAMES = {dict: "an object, {...}", list: "a list, [...]"}
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)  # of JSON


def read_csv(path: Path, most: int, longest: int, complaints: list[str]) -> dict[int, dict[str, str]]:
    """The CSV's rows by line number, a line in memory at a time; a line is a row, for no cell can hold a line's end.

    Args:
        path: of the zip.
        most: rows that are read.
        longest: characters of a cell.
        complaints: what is wrong is added here.
    """
    rows: dict[int, dict[str, str]] = {}
    most_characters = 2 * longest + 10_000
    with zipfile.ZipFile(path) as zipped, zipped.open(CSV) as member:
        text = io.TextIOWrapper(member, encoding="utf-8", newline="")
        for number in itertools.count(1):
            try:
                line = text.readline(most_characters)
                if len(line) == most_characters:
                    raise csv.Error(f"longer than {most_characters:,} characters")
                cells = _cells(line, longest) if line else None
            except (UnicodeDecodeError, csv.Error) as error:
                complaints.append(f"{CSV}: line {number}: no CSV in UTF-8: {reason(error)}")
                return rows
            if number == 1:
                if cells is not None and line.startswith("\ufeff"):
                    complaints.append(f"{CSV}: starts with a byte order mark, expected plain UTF-8")
                    return rows
                if cells != COLUMNS:
                    complaints.append(f"{CSV}: columns {brief(cells or [])}, expected {COLUMNS}")
                    return rows
                continue
            if cells is None:
                return rows
            if len(cells) != len(COLUMNS):
                complaints.append(f"{CSV}: line {number}: {len(cells)} cells, expected {len(COLUMNS)}")
            rows[number] = dict(zip(COLUMNS, cells, strict=False))
            if len(rows) > most:
                complaints.append(f"{CSV}: more than {most:,} rows, expected one an image")
                return rows


def _cells(line: str, longest: int) -> list[str]:
    before = csv.field_size_limit(longest)
    try:
        return next(csv.reader([line], strict=True), [])
    finally:
        csv.field_size_limit(before)


def read_json(content: bytes, name: str, kind: type, most: int, complaints: list[str]) -> dict | list:
    """A JSON member, empty where it cannot be read.

    Args:
        content: bytes of the member.
        name: of the member.
        kind: dict or list.
        most: records that are read.
        complaints: what is wrong is added here.
    """
    if content.startswith(codecs.BOM_UTF8):
        complaints.append(f"{name}: starts with a byte order mark, expected plain UTF-8")
        return kind()
    around = STRING.sub(b"", content)  # a mask's text may hold any of the marks
    marks = sum(around.count(mark) for mark in (b"{", b"[", b","))
    if marks > MARKS_EACH * most:  # they would fill the memory
        complaints.append(f"{name}: {marks:,} values, expected at most {MARKS_EACH * most:,} for so many images")
        return kind()
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        complaints.append(f"{name}: no JSON in UTF-8: {reason(error)}")
        return kind()
    if not isinstance(found, kind):
        complaints.append(f"{name}: expected {NAMES[kind]}, found {brief(found)}")
        return kind()
    return found


def _once(pairs: list[tuple[str, object]]) -> dict:
    """An object whose keys occur once. Raises ValueError where one does not: readers differ in which they take."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError(f"a key twice among {brief([key for key, _ in pairs])}")
    return content
