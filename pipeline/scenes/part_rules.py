"""parts.yaml: which of a mesh's names are panel, which are body, and what they are made of."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError, nearest, offenders
from pipeline.scenes.materials import MATERIALS, Material
from pipeline.yaml_files import read_yaml

RULES = "parts.yaml"
DEFAULTS = {"panel": "solar|panel|cell|array", "body": ".*", "metres": 1.0, "materials": {}}


@dataclass(frozen=True)
class Rules:
    """parts.yaml: patterns to search for in labels, the length of the files' unit in metres, surfaces by pattern."""

    panel: re.Pattern[str]
    body: re.Pattern[str]
    metres: float
    surfaces: tuple[tuple[re.Pattern[str], Material], ...]

    def part(self, label: str) -> str:
        """Which part has this label: panel, body, or "" for neither."""
        return "panel" if self.panel.search(label) else "body" if self.body.search(label) else ""

    def surface(self, label: str, part: str, own: Material) -> Material:
        """What it is made of: the first pattern that matches, else cells for a panel, else `own`, as its file says."""
        named = (surface for pattern, surface in self.surfaces if pattern.search(label))
        return next(named, MATERIALS["navy cells"] if part == "panel" else own)


def read_rules(path: Path) -> Rules:
    """What parts.yaml says over the defaults, or the defaults where there is none; UserError with all that is wrong."""
    said = read_yaml(path) if path.exists() else {}
    wrong = [f"unknown key {key}.{nearest(str(key), list(DEFAULTS))}" for key in said if key not in DEFAULTS]
    panel, body, metres, named = ((DEFAULTS | said)[key] for key in DEFAULTS)
    panel, body = _pattern(panel, "panel:", wrong), _pattern(body, "body:", wrong)
    length = _number(metres)
    if not 0 < length < math.inf:
        wrong.append(f"metres: must be a number more than 0, found {str(metres)[:40]}")
    if not isinstance(named, dict):
        wrong.append(f"materials: must hold patterns and names of surfaces, found {named!r}")
        named = {}
    patterns = [_pattern(text, "materials:", wrong) for text in named]
    for surface in dict.fromkeys(str(surface) for surface in named.values()):
        if surface not in MATERIALS:
            near = nearest(surface, list(MATERIALS)) or f" There are {', '.join(MATERIALS)}."
            wrong.append(f"materials: unknown surface {surface!r}.{near}")
    if wrong:
        raise UserError(f"{path} cannot be used:\n{offenders(wrong)}")
    surfaces = [MATERIALS[str(surface)] for surface in named.values()]
    return Rules(panel, body, length, tuple(zip(patterns, surfaces, strict=True)))


def _number(said: object) -> float:
    """The number, also of a text; NaN for what is none."""
    try:
        return math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _pattern(text: object, key: str, wrong: list[str]) -> re.Pattern[str]:
    """The regular expression, blind to case; where it is none, why goes to `wrong`."""
    try:
        if isinstance(text, str):
            return re.compile(text, re.IGNORECASE)
        wrong.append(f"{key} must be a regular expression, found {text!r}")
    except re.error as error:
        wrong.append(f"{key} {text!r} is not a regular expression: {error}")
    return re.compile("")
