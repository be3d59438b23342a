"""The competitions, a folder each with a `track.py` that holds its TRACK."""

import importlib
from pathlib import Path

from pipeline.contracts import Track
from pipeline.errors import UserError, nearest

DEFAULT = "spark2026"  # of verbs that are told neither a track nor a run
NAMES = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/track.py")))


def track_named(name: str) -> Track:
    """A competition by its name, or by the dotted name of any module that holds a TRACK.

    Raises:
        UserError: there is none.
    """
    if name not in NAMES and "." not in name:
        raise UserError(f"no track {name!r}.{nearest(name, list(NAMES))} There are {', '.join(NAMES)}.")
    try:
        return importlib.import_module(name if "." in name else f"pipeline.tracks.{name}.track").TRACK
    except (ModuleNotFoundError, AttributeError) as error:
        raise UserError(f"no track in a module {name!r}: {error}") from error
