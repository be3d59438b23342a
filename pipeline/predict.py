"""predict: answers of a trained run for a split, or for any folder of images."""

import shutil
from itertools import islice
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.dataset.images import at_size, read_ahead
from pipeline.dataset.index_table import rows_of
from pipeline.dataset.prediction_table import Parts
from pipeline.engine.inference import Asked, answers
from pipeline.engine.trained import run_config, trained_network
from pipeline.errors import UserError, offenders
from pipeline.files import file_hash, text_hash, written_aside
from pipeline.index import ensure_index
from pipeline.masks.draw import overlay as draw_overlay
from pipeline.progress import progress, say
from pipeline.run_folder import Answers, Run, find_data, find_run, manifest_of, recorded
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
        folder = find_data(data or Path(run_config(chosen)[1]["data"]))
        rows = rows_of(ensure_index(folder), (split,))
        place = chosen.answers(folder, split, tta)
    made_from = {
        "weights_hash": file_hash(chosen.best),
        "images_hash": _images_hash(folder, rows, images is None),
        "tta": tta,
    }
    if overwrite:
        shutil.rmtree(place.folder, ignore_errors=True)
    if _already_made(place, made_from):
        say(f"predictions are there already: {place.predictions}")
    else:
        _predict(chosen, folder, rows, tta, place, made_from)
    if overlay:
        _draw(folder, rows, place)
    return place


def _predict(run: Run, folder: Path, rows: pd.DataFrame, tta: str, place: Answers, made_from: dict) -> None:
    config, _ = run_config(run)
    if not manifest_of(run.folder, "train"):
        say(f"note: run {run.name!r} has not finished training; its best weights so far are used")
    network = trained_network(run, len(CLASSES))
    parts = Parts(place.parts, len(rows), made_from)
    missing = parts.missing()
    todo = rows.iloc[[i for span in missing for i in span]]
    start = len(rows) - len(todo)
    say(f"predict: {len(rows)} images with {run.name!r}, tta {tta}" + (f", going on after {start}" if start else ""))
    unreadable: list[str] = []
    with recorded(place.folder, "predict", **made_from, run=run.name, data=str(folder)) as facts:
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
    image_hwc = cv2.imread(str(folder / row.image_path), cv2.IMREAD_COLOR_RGB)
    if image_hwc is None:
        unreadable.append(row.image_id)
        image_hwc = np.zeros((row.height or SIZE, row.width or SIZE, 3), np.uint8)
    return Asked(row.image_id, at_size(image_hwc, size), *image_hwc.shape[:2])


def _already_made(place: Answers, made_from: dict) -> bool:
    """Whether these very predictions are there. Raises UserError where others are."""
    if not place.predictions.exists():
        return False
    record = manifest_of(place.folder, "predict")
    if any(record.get(name) != value for name, value in made_from.items()):
        raise UserError(f"{place.predictions} was made by other weights or for other images; --overwrite deletes it.")
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
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in endings and not p.name.startswith("."))
    if not found:
        raise UserError(f"no {', '.join(endings)} files in {folder.absolute()}.")
    paths = [path.relative_to(folder).as_posix() for path in found]
    return pd.DataFrame({"image_id": paths, "image_path": paths, "height": 0, "width": 0})


def _draw(folder: Path, rows: pd.DataFrame, place: Answers) -> None:
    """One JPEG an answer, beside the predictions; a batch of answers in memory at a time."""
    paths = dict(zip(rows["image_id"], rows["image_path"], strict=True))
    for batch in pq.ParquetFile(place.predictions).iter_batches(64):
        for row in batch.to_pylist():
            image_hwc = cv2.imread(str(folder / paths[row["image_id"]]), cv2.IMREAD_COLOR_RGB)
            if image_hwc is None:
                continue
            box = tuple(row[corner] for corner in ("x_min", "y_min", "x_max", "y_max"))
            words = f"{row['class_name']} {max(row['class_probs']):.2f}" + (" (fall-back)" if row["fallback"] else "")
            drawn = draw_overlay(image_hwc, row["body_rle"], row["panel_rle"], box, words)
            path = place.folder / "overlay" / (row["image_id"].replace("/", "__").rpartition(".")[0] + ".jpg")
            with written_aside(path) as aside:
                cv2.imwrite(str(aside), cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    say(f"drawn: {place.folder / 'overlay'}")
