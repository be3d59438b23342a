"""The upload of a trained run, judged against the index."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.contracts import Track
from pipeline.dataset.index_table import rows_of
from pipeline.errors import UserError, command
from pipeline.files import file_hash
from pipeline.judging.judged import Judged
from pipeline.run_folder import manifest_of
from pipeline.stages.indexed import indexed
from pipeline.stages.packaged import asked_rows, packaged
from pipeline.stages.trained import Trained


def truth_of(track: Track, folder: Path, split: str) -> pd.DataFrame:
    """The index rows of a split, with the sizes of its answers. Raises UserError where they have no labels."""
    truth = rows_of(indexed(folder, track), (split,))
    if not track.reader.labelled(truth).any():
        raise UserError(f"split {split} of {folder} has no labels: it can be packaged, not scored.")
    return asked_rows(track, folder, truth, split)


def scored(
    trained: Trained, folder: Path, truth: pd.DataFrame, split: str, views: str, form: Track, rules: object
) -> Judged:
    """The run's upload, made where it is missing or out of date, judged; its compute as just recounted.

    Args:
        trained: the run
        folder: of the data set
        truth: rows of `truth_of`
        split: theirs
        views: averaged
        form: whose judge and format it is
        rules: what that judge's organisers have not published

    Raises:
        UserError: a zip is there that package did not make, or predictions of something else are.
    """
    run = trained.run
    place, stage = run.answers(folder, split, views), f"package {form.name}"
    path = place.folder / form.upload.name
    if path.exists() and manifest_of(place.folder, stage).get("zip_hash") != file_hash(path):
        raise UserError(
            f"{path} is not what package made of the run's predictions. "
            f"`{command('package', '--run', run.name, '--data', folder, '--split', split, '--tta', views)}` makes it "
            "anew; by its path it is judged as anybody's zip."
        )
    packaged(trained, folder, truth, split, views, form)
    made = manifest_of(place.folder, stage)  # before the zip is read: one that comes meanwhile is another
    counted = made["efficiency"]
    compute = {"gmac": counted["gmac"], "mparams": counted["mparams"], "compute": "recounted from the run"}
    return replace(Judged.of(form, path, truth, rules, compute), zip_hash=made["zip_hash"])
