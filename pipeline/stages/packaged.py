"""The upload of a trained run: made where it is missing or of something else, and read through its checks."""

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from pipeline.contracts import Track
from pipeline.dataset.index_table import sized
from pipeline.dataset.prediction_table import read_predictions
from pipeline.errors import UserError, offenders
from pipeline.files import file_hash, written_aside
from pipeline.locks import alone_in
from pipeline.models.cost import gmac, mparams
from pipeline.progress import say
from pipeline.run_folder import Answers, manifest_of, recorded
from pipeline.sources import differences, sources
from pipeline.stages.predicted import predicted
from pipeline.stages.trained import Trained


def asked_rows(track: Track, folder: Path, rows: pd.DataFrame, split: str) -> pd.DataFrame:
    """Index rows of a split, each with the size of its answer: its own, on the test split the upload's.

    Raises:
        UserError: images of the test split have another size, and the upload is in pixels.
    """
    rows = sized(rows, track.size_hw)
    height, width = track.size_hw
    odd = rows[(rows["height"] != height) | (rows["width"] != width)]
    if odd.empty or not track.upload.in_pixels:
        return rows
    listed = offenders([f"{row.image_id}: {row.width}x{row.height}" for row in odd.itertuples()])
    if split == "test":
        raise UserError(
            f"an upload answers images of {width}x{height} pixels; {len(odd)} of {len(rows)} of {split} in {folder} "
            f"are not:\n{listed}\nReplace them or take them out. Labelled splits may have any size, for local work."
        )
    say(
        f"note: {len(odd)} of {len(rows)} images of {split} are not {width}x{height}; they are answered and judged at "
        f"their own size, which is no upload:\n{listed}"
    )
    return rows


def packaged(trained: Trained, folder: Path, rows: pd.DataFrame, split: str, views: str, form: Track) -> Answers:
    """The run's zip for the rows of `asked_rows`, made where it is missing or was made from something else, and read.

    Raises:
        UserError: it is not valid, and is not left there; or the predictions are of something else.
    """
    run = trained.run
    if not run.answers(folder, split, views).predictions.exists():
        say(f"no predictions of {run.name!r} for {split} with tta {views} yet: making them")
    place = predicted(trained, folder, rows, split, views)
    path, stage = place.folder / form.upload.name, f"package {form.name}"
    wanted = {
        "predictions_hash": file_hash(place.predictions),
        "efficiency": efficiency_of(trained),
        "code": sources(form.upload.code),
    }
    with alone_in(place.folder, "package"):
        if path.exists():
            written = manifest_of(place.folder, stage)
            was = {name: written.get(name) for name in (*wanted, "zip_hash")}
            differ = differences(was, wanted | {"zip_hash": file_hash(path)})
            if not differ:
                form.upload.read(path, rows)
                say(f"the zip is there already, and valid: {path}")
                return place
            say(f"the zip is made anew: {'; '.join(differ[:3])}")
        facts = wanted | {"config_hash": file_hash(run.config)}
        with written_aside(path) as aside, recorded(place.folder, stage, **facts) as facts:
            given = read_predictions(place.predictions, "Predict again with --overwrite.")
            form.upload.write(aside, given, wanted["efficiency"])
            findings, _, _ = form.upload.examine(aside, rows)
            findings.refuse(path)
            facts["zip_hash"] = file_hash(aside)
            path.unlink(missing_ok=True)  # no kill leaves it beside the manifest, written next, of another
    say(f"valid: {len(rows)} images, {path.stat().st_size / 1e6:.2f} MB: {path}")
    return place


def efficiency_of(trained: Trained) -> dict:
    """What efficiency.json says of a run: counted from its config and weights, one image, one view."""
    size = trained.config.model.size
    return {
        "gmac": round(gmac(trained.network, trained.network.example_input()), 6),
        "mparams": round(mparams(trained.network), 6),
        "input_size": size,
        "counted_by": f"fvcore {version('fvcore')}, one image, one view",
    }
