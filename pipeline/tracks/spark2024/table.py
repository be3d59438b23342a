"""train.csv and val.csv as people save them: columns by name, and in plain words why one cannot be read."""

import io
import re
from pathlib import Path

import pandas as pd

from pipeline.errors import UserError, reason

COLUMNS = {
    "class": ("class", "label"),
    "image": ("imagename", "filename", "image"),
    "mask": ("maskname", "mask"),
    "box": ("boundingbox", "bbox", "box"),
}


def read_table(path: Path) -> tuple[list[dict[str, str]], bool]:
    """Rows with class, image, box and, where there is such a column, mask; and whether boxes are row first.

    Raises:
        UserError: it cannot be read, is no CSV in UTF-8 with commas, or lacks a column; with all that was looked for.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or reason(error)}.") from error
    _check_text(path, content)
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path} is not a CSV file: {reason(error)}") from error
    if not isinstance(table.index, pd.RangeIndex):
        raise UserError(f"{path} has more cells in a row than columns; a box with commas must stand in quotes.")
    column, row_first = _columns(path, list(table))
    cells = {role: table[name].fillna("").str.strip() for role, name in column.items()}
    return [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)], row_first


def _check_text(path: Path, content: bytes) -> None:
    """Raise UserError unless it is UTF-8 (with or without a byte order mark) with commas."""
    header = content.partition(b"\n")[0]
    found = "starts like UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in header else ""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = found or f"byte {content[error.start]:#04x} in line {line}"
    if found:
        raise UserError(f"{path} is not UTF-8 ({found}): save it as UTF-8.")
    separator = next((sign for sign in (";", "\t") if sign.encode() in header), None)
    if separator and b"," not in header:
        raise UserError(f"{path} is separated by {separator!r}, expected ','.")


def _columns(path: Path, header: list[str]) -> tuple[dict[str, str], bool]:
    """Which column holds what, and whether boxes are row first: only SPARK 2022 calls its images `filename`."""
    by_key = {key(name): name for name in header}
    column = {role: by_key[known] for role, keys in COLUMNS.items() for known in reversed(keys) if known in by_key}
    missing = [role for role in ("class", "image", "box") if role not in column]
    if missing:
        wanted = "; ".join(f"{role}: one of {', '.join(COLUMNS[role])}" for role in missing)
        raise UserError(f"{path} has columns {header}; no column for {wanted} (case, spaces and _ do not matter).")
    return column, key(column["image"]) == "filename"


def key(text: str) -> str:
    """Letters and digits alone: case, spaces and underscores do not matter."""
    return re.sub("[^a-z0-9]", "", str(text).lower())
