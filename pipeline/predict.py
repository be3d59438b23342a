"""predict: answers of a trained run for a split, or for any folder of images."""

import shutil
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.dataset.images import at_size, read_ahead, read_pixels
from pipeline.dataset.index_table import rows_of
from pipeline.dataset.prediction_table import Parts, made_from
from pipeline.engine.inference import Asked, answers
from pipeline.engine.trained import data_of, run_config, trained_network
from pipeline.errors import UserError, offenders
from pipeline.files import file_hash, text_hash
from pipeline.index import ensure_index
from pipeline.masks.draw import overlay as draw_overlay
from pipeline.masks.draw import save as save_picture
from pipeline.progress import progress, say
from pipeline.run_folder import Answers, Run, find_run, manifest_of, recorded
from pipeline.tracks.spark2026 import CLASSES, SIZE


def predict(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: Literal["none", "hflip", "flips", "d4"] = "none",
    images: Path | None = None,
    overlay: bool = False,
    overwrite: bool = False,
) -> Answers:
    """Answer every image of a split: class, box, body and panel masks, to predictions.parquet.

    Killed anywhere, the same command goes on. With --images, any folder of JPEG or PNG files, of any size, is
    answered instead (searched with its subfolders).

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images
        tta: views to average: none, hflip (2), flips (4) or d4 (8: mirrors and quarter turns)
        images: a folder of images to answer instead of a split
        overlay: also draw each answer over its image, into the folder overlay
        overwrite: delete predictions (and zip and score) made by other weights

    Example:
        ./run.sh predict --split val --tta d4

    Returns:
        The folder of the predictions.
    """
    chosen = find_run(run)
    if images is not None:
        folder, rows = images, _loose_images(images)
        place = chosen.answers(images, "images", tta)
    else:
        folder = data_of(chosen, data)
        rows = rows_of(ensure_index(folder), (split,))
        place = chosen.answers(folder, split, tta)
    wanted = {
        "weights_hash": file_hash(chosen.best),
        "images_hash": _images_hash(folder, rows, images is None),
        "tta": tta,
    }
    if overwrite and place.predictions.exists():  # parts of the same answers are gone on with
        shutil.rmtree(place.folder)
    if _already_made(chosen, place, wanted):
        say(f"predictions are there already: {place.predictions}")
    else:
        _predict(chosen, folder, rows, tta, place, wanted)
    if overlay:
        _draw(folder, rows, place)
    return place


def _predict(run: Run, folder: Path, rows: pd.DataFrame, tta: str, place: Answers, wanted: dict) -> None:
    config, _ = run_config(run)
    if not manifest_of(run.folder, "train"):
        say(f"note: run {run.name!r} has not finished training; its best weights so far are used")
    network = trained_network(run, len(CLASSES))
    parts = Parts(place.parts, len(rows), wanted)
    missing = parts.missing()
    todo = rows.iloc[[i for span in missing for i in span]]
    start = len(rows) - len(todo)
    say(f"predict: {len(rows)} images with {run.name!r}, tta {tta}" + (f", going on after {start}" if start else ""))
    unreadable: list[str] = []
    with recorded(place.folder, "predict", **wanted, config_hash=file_hash(run.config), data=str(folder)) as facts:
        asked = read_ahead(lambda row: _asked(folder, row, config.model.size, unreadable), todo.itertuples())
        found = answers(network, asked, tta, min(config.optim.batch_size, 16))
        found = progress(found, len(rows), "predict", start=start)
        for span in missing:
            parts.write(span, [row | {"class_name": CLASSES[row["class_index"]]} for row in islice(found, len(span))])
        facts["fallbacks"] = parts.join(place.predictions)
        facts["unreadable"] = sorted(unreadable)
    if unreadable:
        say(f"{len(unreadable)} images could not be read; answered as if black:\n{offenders(sorted(unreadable))}")
    if facts["fallbacks"]:
        say(f"{facts['fallbacks']} images with no pixel above 0.5: masks empty, box from the highest probability")
    say(f"written: {place.predictions}")


def _asked(folder: Path, row: tuple, size: int, unreadable: list[str]) -> Asked:
    """The image at working size, with its own size; a black one where it cannot be read, which is noted."""
    image_hwc = read_pixels(folder / row.image_path)
    if image_hwc is None:
        unreadable.append(row.image_id)
        image_hwc = np.zeros((row.height or SIZE, row.width or SIZE, 3), np.uint8)
    return Asked(row.image_id, at_size(image_hwc, size), *image_hwc.shape[:2])


def _already_made(run: Run, place: Answers, wanted: dict) -> bool:
    """Whether these very predictions are there. Raises UserError where others are."""
    if not place.predictions.exists():
        return False
    if made_from(place.predictions) != wanted:
        raise UserError(
            f"{place.predictions} was made by other weights or for other images. To delete it and what was made of it, "
            f"repeat the predict command of run {run.name!r} with --overwrite."
        )
    return True


def _images_hash(folder: Path, rows: pd.DataFrame, indexed: bool) -> str:
    if indexed:
        return text_hash("\n".join(rows["image_id"] + " " + rows["content_hash"]))
    return text_hash("\n".join(f"{path} {(folder / path).stat().st_mtime_ns}" for path in rows["image_path"]))


def _loose_images(folder: Path) -> pd.DataFrame:
    """A row an image file below a folder."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder.absolute()}; --images takes a folder of JPEG or PNG files.")
    endings = (".jpg", ".jpeg", ".png")
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in endings)
    paths = [p.as_posix() for p in found if (folder / p).is_file() and not any(x.startswith(".") for x in p.parts)]
    if not paths:
        raise UserError(f"no {', '.join(endings)} files in {folder.absolute()}.")
    return pd.DataFrame({"image_id": paths, "image_path": paths, "height": 0, "width": 0})


def _draw(folder: Path, rows: pd.DataFrame, place: Answers) -> None:
    """One JPEG an answer, beside the predictions; a batch of answers in memory at a time."""
    paths = dict(zip(rows["image_id"], rows["image_path"], strict=True))
    for batch in pq.ParquetFile(place.predictions).iter_batches(64):
        for row in batch.to_pylist():
            image_hwc = read_pixels(folder / paths[row["image_id"]])
            if image_hwc is None:
                continue
            box = tuple(row[corner] for corner in ("x_min", "y_min", "x_max", "y_max"))
            words = f"{row['class_name']} {max(row['class_probs']):.2f}" + (" (fall-back)" if row["fallback"] else "")
            drawn = draw_overlay(image_hwc, row["body_rle"], row["panel_rle"], box, words)
            name = row["image_id"].replace("/", "__")
            save_picture(place.folder / "overlay" / (name if name.endswith(".jpg") else f"{name}.jpg"), drawn)
    say(f"drawn: {place.folder / 'overlay'}")
