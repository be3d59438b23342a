"""package: the zip to upload, written from predictions and read back through the validator."""

from pathlib import Path
from typing import Literal

from pipeline.dataset.index_table import rows_of
from pipeline.run_folder import Answers
from pipeline.stages.indexed import indexed
from pipeline.stages.packaged import asked_rows, packaged
from pipeline.stages.trained import Trained
from pipeline.tracks import track_named


def package(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: str | None = None,
    track: str | None = None,
) -> Answers:
    """Write the zip to upload and read it back through the validator; --split test makes the upload.

    Predicts first where that is missing. The same answers give the same bytes. Answers have the size of their image;
    those of the test split must have the upload's.

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images
        tta: views averaged; default: those last asked for, else none
        track: the competition whose format it is; default: the one the run was trained for

    Raises:
        UserError: there is no run or no data set, the answers are of something else, or the zip would not be valid

    Example:
        ./run.sh package --split test

    Returns:
        The folder of the predictions and the zip.
    """
    chosen = Trained.named(run)
    form = chosen.track if track is None else track_named(track)
    folder = chosen.data(data)
    rows = asked_rows(form, folder, rows_of(indexed(folder, chosen.track), (split,)), split)
    return packaged(chosen, folder, rows, split, chosen.views(folder, split, tta), form)
