"""validate: is a zip what the organisers take? A table of checks in plain words."""

from pathlib import Path
from typing import Literal

from pipeline.dataset.index_table import rows_of
from pipeline.progress import say
from pipeline.run_folder import find_data
from pipeline.stages.indexed import indexed
from pipeline.stages.packaged import asked_rows
from pipeline.tracks import DEFAULT, track_named


def validate(
    zip: Path,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "test",
    track: str = DEFAULT,
) -> None:
    """Check a zip before it is uploaded, whoever made it: one line for each check, then every complaint.

    Args:
        zip: what is to be uploaded
        data: folder of the data set it answers; default: the only one in data/
        split: which images it must answer
        track: the competition whose format it must have

    Raises:
        UserError: anything is wrong; with file, image, expected and found of each complaint.

    Example:
        ./run.sh validate submissions/two_looks/sim-test-d4/submission.zip
    """
    folder = find_data(data)
    form = track_named(track)
    rows = asked_rows(form, folder, rows_of(indexed(folder, form), (split,)), split)
    findings, _, _ = form.upload.examine(zip, rows)
    for check, complaints in findings.items():
        word = "not reached" if complaints is None else "ok" if not complaints else f"WRONG: {len(complaints)}"
        say(f"{check:60} {word}")
    findings.refuse(zip)
    for note in findings.notes:
        say(f"note: {note}")
    say(f"valid: {zip}, {len(rows)} images of {split}")
