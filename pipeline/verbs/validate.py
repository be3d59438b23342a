"""validate: is a zip what the organisers take? A table of checks in plain words."""

from pathlib import Path
from typing import Literal

from pipeline.dataset.index_table import rows_of
from pipeline.progress import say
from pipeline.run_folder import find_data
from pipeline.tracks import TRACKS
from pipeline.verbs.index import ensure_index
from pipeline.verbs.package import asked_rows


def validate(
    zip: Path,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "test",
    track: Literal["spark2026", "spark2024"] = "spark2026",
) -> None:
    """Check a zip before it is uploaded, whoever made it: a line a check, then every complaint.

    Args:
        zip: what is to be uploaded
        data: folder of the data set it answers; default: the only one in data/
        split: which images it must answer
        track: the competition whose format it must have

    Raises:
        UserError: anything is wrong; with file, image, expected and found of each complaint.

    Example:
        ./run.sh validate submissions/lite0/spark2026-test-d4/submission.zip
    """
    folder = find_data(data)
    rows = asked_rows(folder, rows_of(ensure_index(folder), (split,)), split)
    findings, _, _ = TRACKS[track].submission.examine(zip, rows)
    for check, complaints in findings.items():
        word = "not reached" if complaints is None else "ok" if not complaints else f"WRONG: {len(complaints)}"
        say(f"{check:60} {word}")
    findings.refuse(zip)
    for note in findings.notes:
        say(f"note: {note}")
    say(f"valid: {zip}, {len(rows)} images of {split}")
