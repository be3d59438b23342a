"""Errors that a user can mend: printed without a traceback, exit code 2."""

import difflib
import shlex
from itertools import islice


class UserError(Exception):
    """Something the user can put right; the message says what was found, what was expected and what to do."""


def offenders(lines: list[str], shown: int = 5) -> str:
    """The first few offenders, one a line and indented, and how many more there are."""
    listed = [f"  {line}" for line in lines[:shown]]
    if len(lines) > shown:
        listed.append(f"  ... and {len(lines) - shown} more ({len(lines)} in all)")
    return "\n".join(listed)


def brief(value: object, most: int = 60) -> str:
    """A value as Python writes it, cut to `most` characters; of what is huge only the beginning is looked at."""
    written = repr(_beginning(value, most))
    return written if len(written) <= most else written[: most - 1] + "…"


def _beginning(value: object, most: int, depth: int = 0) -> object:
    if isinstance(value, str | bytes):
        return value[: most + 1]
    if isinstance(value, list) and depth < 5:
        return [_beginning(item, most, depth + 1) for item in value[:most]]
    if isinstance(value, dict) and depth < 5:
        return {key: _beginning(item, most, depth + 1) for key, item in islice(value.items(), most)}
    return value if not isinstance(value, list | dict) else type(value)()


def reason(error: Exception, most: int = 100) -> str:
    """The first line of an error's words without full stop, cut to `most` characters; its name where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:most]


def nearest(name: str, known: list[str]) -> str:
    """The words "Did you mean ...?" with the nearest known name, or nothing where none is near."""
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f" Did you mean {near[0]}?" if near else ""


def command(*words: object) -> str:
    """A command to run next, as it can be typed: `./run.sh index --data 'my set'`."""
    return shlex.join(["./run.sh", *map(str, words)])
