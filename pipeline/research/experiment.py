"""One experiment: the candidate as a commit, measured by the frozen judge, and kept or undone."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import read_json, write_json, write_text
from pipeline.progress import say
from pipeline.research.frozen import Frozen, caches, changed, strangers
from pipeline.research.ledger import (
    DIGITS,
    DISCARDED,
    FAILED,
    KEPT,
    REFUSED,
    Row,
    incumbent_of,
    plain,
    read_rows,
    write_rows,
)
from pipeline.research.measure import last_lines
from pipeline.research.place import Place, back_to, candidate_at, committed, committed_as, drop
from pipeline.research.process import measured


def opened(place: Place) -> tuple[Frozen, list[Row]]:
    """A research that was started, with whatever was killed in it undone, and its experiments.

    An experiment that was cut off is written down as interrupted. What `research try` was at stays in the candidate, to
    be tried again; what the driver was at does not.
    """
    frozen, rows = Frozen.of(place), read_rows(place.results)
    pending = read_json(place.pending)
    if pending:
        number, by = pending["experiment"], pending["by"]
        ended = rows[-1].experiment == number
        if not ended and (commit := committed_as(place, number)):
            row = Row(number, commit[:12], by=by, description=pending["description"], reason="killed")
            rows.append(row)
            write_rows(place.results, rows, frozen.headline)
            say(f"experiment {number} was interrupted: {row.description}")
        untouched = text_of(place.candidate) in (pending["candidate"], candidate_at(place, incumbent_of(rows).commit))
        _settled(place, frozen, rows, keep=not untouched or (by == "try" and not ended))
    return frozen, rows


def tried(place: Place, frozen: Frozen, rows: list[Row], description: str, by: str, text: str | None = None) -> Row:
    """Measure a candidate; a line is added to `rows` and to the file of results.

    Args:
        place: of the research
        frozen: what it may not change
        rows: all experiments so far
        description: what is tried
        by: which verb asks
        text: of the candidate; None: as it stands

    Raises:
        UserError: it is what the incumbent is.
    """
    incumbent, text = incumbent_of(rows), text_of(place.candidate) if text is None else text
    if text is None:
        raise UserError(f"{place.candidate} is gone: `git -C {place.worktree} checkout candidate.py` brings it back.")
    if text == candidate_at(place, incumbent.commit):
        raise UserError(f"{place.candidate} is what the incumbent is, commit {incumbent.commit[:12]}: edit it first.")
    number = rows[-1].experiment + 1
    write_json(place.pending, {"experiment": number, "candidate": text, "description": description, "by": by})
    write_text(place.candidate, text)
    commit = committed(place, incumbent.commit, f"experiment {number}: {plain(description)}", number)
    say(f"experiment {number}: {plain(description)}; log in {place.log(number)}")
    found = _judged(place, frozen, text, number)
    row = _row(frozen, incumbent, found, Row(number, commit[:12], by=by, description=description))
    rows.append(row)
    write_rows(place.results, rows, frozen.headline)
    _settled(place, frozen, rows)
    for line in said(frozen, found, row, incumbent):
        say(line)
    return row


def text_of(candidate: Path) -> str | None:
    """What the editable file holds; None where it is gone. Raises UserError where it is no text."""
    try:
        return candidate.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise UserError(f"{candidate} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8.") from error


def said(frozen: Frozen, found: dict, row: Row, incumbent: Row) -> list[str]:
    """An experiment's last lines."""
    lines = last_lines(found)[:-1]
    if row.value is not None:
        gain = frozen.gain(row.value, incumbent.value)
        lines.append(f"gain: {gain:+.6f}, kept above {frozen.needed():.6f}")
    now = row if row.status == KEPT else incumbent
    return [*lines, f"status: {row.status}", f"incumbent: {now.value:.6f} (experiment {now.experiment}, {now.commit})"]


def _judged(place: Place, frozen: Frozen, candidate: str, number: int) -> dict:
    """What the measuring process found, unless something was changed that may not be, before it or meanwhile."""
    sealed = place.frozen.read_bytes()
    touched = _touched(place, frozen)
    if not touched:
        drop(place, caches(place.worktree))
        values, images = frozen.values, frozen.images
        found = measured(place, number, candidate, values, [frozen.seed], frozen.data, images, frozen.limit_minutes)
        touched = _touched(place, frozen)
    if not place.frozen.exists() or place.frozen.read_bytes() != sealed:
        place.frozen.write_bytes(sealed)
        touched.append(place.frozen.name)
    if touched:
        return {"status": REFUSED, "reason": f"only candidate.py may be edited; put back: {', '.join(touched)}"}
    return found


def _touched(place: Place, frozen: Frozen) -> list[str]:
    return [*changed(place.worktree, frozen.files), *strangers(place.worktree, frozen.files)]


def _row(frozen: Frozen, incumbent: Row, found: dict, row: Row) -> Row:
    """The line of an experiment: with what was found, and what becomes of it."""
    if found["status"] != "done":
        status = REFUSED if found["status"] == REFUSED else FAILED
        return Row(**vars(row) | {"status": status, "reason": plain(found["reason"]).partition(". ")[0]})
    first = found["trainings"][0]
    value = round(first["value"], DIGITS)
    kept = frozen.gain(value, incumbent.value) > frozen.needed()
    cost = {key: first[key] for key in ("mparams", "gmac", "minutes")}
    return Row(**vars(row) | cost | {"value": value, "status": KEPT if kept else DISCARDED})


def _settled(place: Place, frozen: Frozen, rows: list[Row], keep: bool = False) -> None:
    """Put branch and files to the incumbent; `keep` the candidate as it is edited."""
    edited = text_of(place.candidate) if keep else None
    back_to(place, incumbent_of(rows).commit)
    drop(place, strangers(place.worktree, frozen.files))
    if touched := _touched(place, frozen):
        raise UserError(f"these files of the judge cannot be put back: {', '.join(touched)}. Begin anew.")
    if edited is not None:
        write_text(place.candidate, edited)
    place.pending.unlink(missing_ok=True)
