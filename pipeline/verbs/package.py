"""package: the zip to upload, written from predictions and read back through the validator."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.dataset.index_table import rows_of, sized
from pipeline.dataset.prediction_table import read_predictions
from pipeline.engine.trained import data_of, run_config, trained_network
from pipeline.errors import UserError, offenders
from pipeline.files import file_hash
from pipeline.locks import alone_in
from pipeline.models.cost import gmac, mparams
from pipeline.progress import say
from pipeline.run_folder import Answers, Run, find_run, manifest_of, recorded
from pipeline.sources import differences, sources
from pipeline.tracks import TRACKS, Track
from pipeline.tracks.spark2026 import CLASSES, SIZE
from pipeline.verbs.index import ensure_index
from pipeline.verbs.predict import predicted


def package(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: Literal["none", "hflip", "flips", "d4"] | None = None,
    track: Literal["spark2026", "spark2024"] = "spark2026",
) -> Answers:
    """Write the zip to upload and read it back through the validator; --split test makes the upload.

    Predicts first where that is missing. The same answers give the same bytes. Answers have the size of their image;
    those of the test split must have the upload's.

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images
        tta: views averaged; default: those last asked for, else none
        track: the competition whose format it is

    Example:
        ./run.sh package --split test

    Returns:
        The folder of the predictions and the zip.
    """
    chosen = find_run(run)
    folder = data_of(chosen, data)
    rows = asked_rows(folder, rows_of(ensure_index(folder), (split,)), split)
    return packaged(chosen, folder, rows, split, chosen.views(folder, split, tta), TRACKS[track])


def asked_rows(folder: Path, rows: pd.DataFrame, split: str) -> pd.DataFrame:
    """Index rows of a split, each with the size that its answer must have: its own, on the test split the upload's.

    Raises:
        UserError: images of the test split have another size.
    """
    rows = sized(rows, SIZE)
    odd = rows[(rows[["height", "width"]] != SIZE).any(axis=1)]
    if odd.empty:
        return rows
    listed = offenders([f"{row.image_id}: {row.width}x{row.height}" for row in odd.itertuples()])
    if split == "test":
        raise UserError(
            f"an upload answers images of {SIZE}x{SIZE} pixels; {len(odd)} of {len(rows)} of {split} in {folder} are "
            f"not:\n{listed}\nReplace them or take them out. Labelled splits may have any size, for local work."
        )
    say(
        f"note: {len(odd)} of {len(rows)} images of {split} are not {SIZE}x{SIZE}; they are answered and judged at "
        f"their own size, which is no upload:\n{listed}"
    )
    return rows


def packaged(run: Run, folder: Path, rows: pd.DataFrame, split: str, views: str, form: Track) -> Answers:
    """The run's zip for the rows of `asked_rows`, made where it is missing or was made from something else, and read.

    Raises:
        UserError: it is not valid, and is not left there; or the predictions are of something else.
    """
    if not run.answers(folder, split, views).predictions.exists():
        say(f"no predictions of {run.name!r} for {split} with tta {views} yet: making them")
    place = predicted(run, folder, rows, split, views)
    path, stage = place.folder / form.zip_name, f"package {form.name}"
    wanted = {
        "predictions_hash": file_hash(place.predictions),
        "efficiency": efficiency_of(run),
        "code": sources(form.code),
    }
    with alone_in(place.folder, "package"):
        if path.exists():
            written = manifest_of(place.folder, stage)
            was = {name: written.get(name) for name in (*wanted, "zip_hash")}
            differ = differences(was, wanted | {"zip_hash": file_hash(path)})
            if not differ:
                form.submission.read(path, rows)
                say(f"the zip is there already, and valid: {path}")
                return place
            say(f"the zip is made anew: {'; '.join(differ[:3])}")
        with recorded(place.folder, stage, **wanted, config_hash=file_hash(run.config)) as facts:
            given = read_predictions(place.predictions, "Predict again with --overwrite.")
            form.submission.write(path, given, wanted["efficiency"])
            try:
                form.submission.read(path, rows)
            except BaseException:
                path.unlink()
                raise
            facts["zip_hash"] = file_hash(path)
    say(f"valid: {len(rows)} images, {path.stat().st_size / 1e6:.2f} MB: {path}")
    return place


def efficiency_of(run: Run) -> dict:
    """What efficiency.json says of a run: counted from its config and weights, one image, one view."""
    config, _ = run_config(run)
    network = trained_network(run, len(CLASSES))
    return {
        "gmac": round(gmac(network, config.model.size), 6),
        "mparams": round(mparams(network), 6),
        "input_size": config.model.size,
        "counted_by": f"fvcore {version('fvcore')}, one image, one view",
    }
