"""Poses as tables say them: SPEED's and SPEED+'s JSON, and SPARK 2022's CSV."""

import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.dataset.folders import is_utf8
from pipeline.dataset.problems import Problem
from pipeline.errors import UserError, brief, offenders, reason
from pipeline.tracks.pose import FARTHEST_M, UNIT_WITHIN

ROTATIONS, TRANSLATIONS = ("q_vbs2tango_true", "q_vbs2tango"), ("r_Vo2To_vbs_true", "r_Vo2To_vbs")
COLUMNS = ("filename", "sequence", "Tx", "Ty", "Tz", "Qw", "Qx", "Qy", "Qz")  # of SPARK 2022, in any order
LARGEST = 1e150  # beyond it squares are infinite, and whole numbers may be no floats


class Pose(NamedTuple):
    """A pose that can be one: unit quaternion and metres; both None where there is none."""

    quaternion: tuple[float, ...] | None = None
    translation_m: tuple[float, ...] | None = None
    problems: tuple[Problem, ...] = ()


def read_json(path: Path, where: str) -> list[tuple[str, Pose]]:
    """File names and poses of a list of {"filename", "q_vbs2tango_true", "r_Vo2To_vbs_true"}, or without `_true`.

    `where` is the path below the set's folder, for problems.

    Raises:
        UserError: it cannot be read, is no such list, or names files that cannot be in the set; with all offenders.
    """
    try:
        rows = json.loads(_content(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: {reason(error)}. Expected a list of objects; copy it again.") from error
    if not isinstance(rows, list):
        raise UserError(f"{path}: expected a list of objects with filename and pose, found {brief(rows)}.")
    names = [row.get("filename") if isinstance(row, dict) else None for row in rows]
    said = {number: brief(rows[number - 1]) for number, name in enumerate(names, 1) if not isinstance(name, str)}
    if said:
        listed = offenders([f"row {number}: {row}" for number, row in said.items()])
        raise UserError(f"{path}: expected objects with a filename, found {len(said)} others:\n{listed}")
    _refuse_outside(path, names)
    return [(row["filename"], _pose(_first(row, ROTATIONS), _first(row, TRANSLATIONS), where)) for row in rows]


def _first(row: dict, keys: tuple[str, ...]) -> object:
    """The value of the first of some keys that is there and no null."""
    return next((row[key] for key in keys if row.get(key) is not None), None)


def read_csv(path: Path, where: str, posed: bool) -> list[tuple[str, Pose]]:
    """File names, below the folder of their sequence, and poses of SPARK 2022's CSV; without `posed` no poses.

    Raises:
        UserError: it cannot be read, is no such CSV, or names files that cannot be in the set; with all offenders.
    """
    content = _content(path)
    try:
        lines = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False).fillna("")
    except ValueError as error:  # pandas' own and those of decoding are of its kind
        raise UserError(f"{path} is no CSV in UTF-8: {reason(error)}.") from error
    if not isinstance(lines.index, pd.RangeIndex):
        raise UserError(f"{path} has more cells in a row than columns.")
    lines.columns = lines.columns.str.strip()
    wanted = COLUMNS if posed else COLUMNS[:2]
    if missing := [name for name in wanted if name not in lines]:
        raise UserError(f"{path} has columns {brief(list(lines), 120)}; no {', '.join(missing)} (case matters).")
    cells = {name: lines[name].str.strip().tolist() for name in wanted}
    names = [f"{sequence}/{name}" for sequence, name in zip(cells["sequence"], cells["filename"], strict=True)]
    _refuse_outside(path, names)
    if not posed:
        return [(name, Pose()) for name in names]
    numbers = [[_number(cell) for cell in row] for row in zip(*(cells[name] for name in COLUMNS[2:]), strict=True)]
    return [(name, _pose(row[3:], row[:3], where)) for name, row in zip(names, numbers, strict=True)]


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or reason(error)}.") from error


def _refuse_outside(path: Path, names: Iterable[str]) -> None:
    odd = [
        f"row {number}: {brief(name)}"
        for number, name in enumerate(names, 1)
        if not name or name.startswith("/") or ".." in name.split("/") or not _is_text(name)
    ]
    if odd:
        raise UserError(f"{path} names files that cannot be in the set:\n{offenders(odd)}")


def _is_text(name: str) -> bool:
    """Whether it can be written into tables: JSON knows halves of surrogates."""
    try:
        return is_utf8(name)
    except UnicodeError:
        return False


def _pose(quaternion: object, translation: object, where: str) -> Pose:
    """A pose out of what a table says; none, with why, where it cannot be one."""
    if quaternion is None and translation is None:
        return Pose()
    said = (("quaternion", quaternion, 4), ("translation", translation, 3))
    wrong = next(filter(None, (_fault(*part) for part in said)), None)
    if wrong:
        return Pose(problems=(Problem(wrong[0], where, wrong[1]),))
    quaternion, translation = (tuple(map(float, cell)) for cell in (quaternion, translation))
    length, distance = math.hypot(*quaternion), math.hypot(*translation)
    if abs(length - 1) > UNIT_WITHIN:
        said = f"length {length:.6g}, expected 1 (within {UNIT_WITHIN:g})"
        return Pose(problems=(Problem("quaternion-norm", where, said),))
    if translation[2] <= 0:
        said = f"the craft is at z = {translation[2]:g} m, behind the camera"
        return Pose(problems=(Problem("pose-behind", where, said),))
    far = f"{distance:g} m away: millimetres?"
    problems = (Problem("pose-millimetres", where, far),) if distance > FARTHEST_M else ()
    return Pose(tuple(value / length for value in quaternion), translation, problems)


def _fault(name: str, cell: object, count: int) -> tuple[str, str] | None:
    """Kind and words of what keeps a value from being so many finite numbers."""
    if cell is None:
        return "pose-incomplete", f"no {name}"
    if not isinstance(cell, list) or len(cell) != count:
        return "pose-length", f"{name} {brief(cell)}, expected {count} numbers"
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in cell):
        return "pose-unreadable", f"{name} {brief(cell)}, expected {count} numbers"
    if not all(-LARGEST < value < LARGEST for value in cell):  # so neither is NaN
        return "pose-not-finite", f"{name} {brief(cell)}"
    return None
