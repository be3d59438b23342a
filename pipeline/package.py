"""package: the zip to upload, written from predictions and read back through the validator."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.dataset.index_table import rows_of
from pipeline.engine.trained import data_of, run_config, trained_network
from pipeline.files import file_hash
from pipeline.index import ensure_index
from pipeline.models.cost import gmac, mparams
from pipeline.predict import predict
from pipeline.progress import say
from pipeline.run_folder import Answers, Run, find_run, manifest_of, recorded
from pipeline.tracks import TRACKS
from pipeline.tracks.spark2026 import CLASSES


def package(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: Literal["none", "hflip", "flips", "d4"] | None = None,
    track: Literal["spark2026", "spark2024"] = "spark2026",
) -> Answers:
    """Write the zip to upload and read it back through the validator; --split test makes the upload.

    Predicts first where that is missing. The same answers give the same bytes.

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images
        tta: views averaged; default: those of the run's newest predictions, else none
        track: the competition whose format it is

    Example:
        ./run.sh package --split test

    Returns:
        The folder of the predictions and the zip.
    """
    chosen = find_run(run)
    folder = data_of(chosen, data)
    views = tta or chosen.tta_used(folder, split) or "none"
    if not chosen.answers(folder, split, views).predictions.exists():
        say(f"no predictions of {chosen.name!r} for {split} with tta {views} yet: making them")
    place = predict(chosen.name, folder, split, views)
    image_ids = rows_of(ensure_index(folder), (split,))["image_id"].tolist()
    form = TRACKS[track]
    path = place.folder / form.zip_name
    written = manifest_of(place.folder, f"package {track}")
    made_from = {"predictions_hash": file_hash(place.predictions), "efficiency": efficiency_of(chosen)}
    there = {**made_from, "zip_hash": file_hash(path) if path.exists() else None}
    if path.exists() and all(written.get(name) == value for name, value in there.items()):
        say(f"the zip is there already, and valid: {path}")
        return place
    with recorded(place.folder, f"package {track}", **made_from, config_hash=file_hash(chosen.config)) as facts:
        form.submission.write(path, pd.read_parquet(place.predictions), made_from["efficiency"])
        try:
            form.submission.read(path, image_ids)
        except BaseException:
            path.unlink()
            raise
        facts["zip_hash"] = file_hash(path)
    say(f"valid: {len(image_ids)} images, {path.stat().st_size / 1e6:.2f} MB: {path}")
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
