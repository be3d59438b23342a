"""predict: answers of a trained run for a split, or for any folder of images."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.config import Config
from pipeline.dataset.file_findings import stamp
from pipeline.dataset.folders import image_files
from pipeline.dataset.images import read_ahead
from pipeline.dataset.index_table import BOX, rows_of, sized
from pipeline.dataset.pixels import read_picture
from pipeline.dataset.prediction_table import Parts, made_from, read_predictions
from pipeline.engine.inference import CODE, Asked, answers, asked_of
from pipeline.engine.trained import data_of, run_config, trained_network
from pipeline.errors import UserError, command, offenders
from pipeline.files import file_hash, text_hash
from pipeline.locks import alone_in, empty
from pipeline.masks.draw import overlay as draw_overlay
from pipeline.masks.draw import save as save_picture
from pipeline.progress import progress, say
from pipeline.run_folder import Answers, Run, find_run, manifest_of, recorded
from pipeline.sources import differences, sources
from pipeline.tracks.spark2026 import CLASSES, SIZE
from pipeline.verbs.index import ensure_index


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
    if images is None:
        folder = data_of(chosen, data)
        rows = rows_of(ensure_index(folder), (split,))
        place = predicted(chosen, folder, rows, split, tta, overwrite)
    else:
        folder, (rows, remarks) = images, _loose_images(images)
        for remark in remarks:
            say(f"note: {remark}")
        again = command("predict", "--run", chosen.name, "--images", images, "--tta", tta, "--overwrite")
        place = _answered(chosen, folder, rows, chosen.answers(images, "images", tta), again, overwrite)
    if overlay:
        _draw(folder, rows, place)
    return place


def predicted(run: Run, folder: Path, rows: pd.DataFrame, split: str, tta: str, overwrite: bool = False) -> Answers:
    """The answers of a run to a split's index rows, made where they are missing.

    Raises:
        UserError: others are there, made from something else, and are not to be overwritten.
    """
    run.ask(folder, split, tta)
    options = ["--run", run.name, "--data", folder, "--split", split, "--tta", tta]
    place = run.answers(folder, split, tta)
    return _answered(run, folder, rows, place, command("predict", *options, "--overwrite"), overwrite)


def _answered(run: Run, folder: Path, rows: pd.DataFrame, place: Answers, again: str, overwrite: bool) -> Answers:
    wanted = _made_of(run, rows, place.tta)
    with alone_in(place.folder, "predict"):
        if overwrite and place.predictions.exists():  # parts of the same answers are gone on with
            empty(place.folder)
        if not place.predictions.exists():
            _predict(run, folder, rows, place, wanted)
        elif differ := differences(made_from(place.predictions, f"`{again}` makes it anew."), wanted):
            raise UserError(
                f"{place.predictions} was made from something else: {'; '.join(differ[:5])}.\n"
                f"`{again}` makes it anew and deletes what was made of it."
            )
        else:
            say(f"predictions are there already: {place.predictions}")
    return place


def _made_of(run: Run, rows: pd.DataFrame, tta: str) -> dict:
    """All that decides a run's answers to some images."""
    config, _ = run_config(run)
    return {
        "weights_hash": file_hash(run.best),
        "images_hash": text_hash("\n".join(rows["image_id"] + " " + rows["content_hash"])),
        "tta": tta,
        "model": vars(config.model),
        "batch_size": _batch_size(config),
        "code": sources(CODE),
    }


def _batch_size(config: Config) -> int:
    return min(config.optim.batch_size, 16)


def _predict(run: Run, folder: Path, rows: pd.DataFrame, place: Answers, wanted: dict) -> None:
    config, _ = run_config(run)
    if not manifest_of(run.folder, "train"):
        say(f"note: run {run.name!r} has not finished training; its best weights so far are used")
    network = trained_network(run, len(CLASSES))
    parts = Parts(place.parts, len(rows), wanted)
    missing = parts.missing()
    todo = sized(rows, SIZE).iloc[[i for span in missing for i in span]]
    start = len(rows) - len(todo)
    going_on = f", going on after {start}" if start else ""
    say(f"predict: {len(rows)} images with {run.name!r}, tta {place.tta}{going_on}")

    def asked(row: tuple) -> Asked:
        return asked_of(row.image_id, folder / row.image_path, config.model.size, row.height, row.width)

    with recorded(place.folder, "predict", **wanted, config_hash=file_hash(run.config), data=str(folder)) as facts:
        found = answers(network, read_ahead(asked, todo.itertuples()), place.tta, wanted["batch_size"])
        found = progress(found, len(rows), "predict", start=start)
        for span in missing:
            parts.write(span, [row | {"class_name": CLASSES[row["class_index"]]} for row in islice(found, len(span))])
        facts["fallbacks"], facts["unreadable"] = parts.join(place.predictions)
    if facts["unreadable"]:
        listed = offenders(facts["unreadable"])
        say(
            f"{len(facts['unreadable'])} images could not be read whole; what is missing was taken for black:\n{listed}"
        )
    if facts["fallbacks"]:
        say(f"{facts['fallbacks']} images with no pixel above 0.5: masks empty, box from the highest probability")
    say(f"written: {place.predictions}")


def _loose_images(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """A row an image file below a folder, and what is left out."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder.absolute()}; --images takes a folder of JPEG or PNG files.")
    found, remarks = image_files(folder)
    if not found:
        left = "".join(f"\n  {remark}" for remark in remarks)
        raise UserError(f"no .jpg, .jpeg, .png files in {folder.absolute()}.{left}")
    paths = [path.as_posix() for path in found]
    stamps = [stamp(folder, path) for path in paths]
    rows = {"image_id": paths, "image_path": paths, "height": 0, "width": 0, "content_hash": stamps}
    return pd.DataFrame(rows), remarks


def _draw(folder: Path, rows: pd.DataFrame, place: Answers) -> None:
    """One JPEG an answer, beside the predictions."""
    paths = dict(zip(rows["image_id"], rows["image_path"], strict=True))
    given = read_predictions(place.predictions, "Predict again with --overwrite.")
    names = _picture_names(given["image_id"])
    for row, name in zip(given.to_dict("records"), names, strict=True):
        image_hwc = read_picture(folder / paths[row["image_id"]]).rgb_hwc
        if image_hwc is not None:
            words = f"{row['class_name']} {max(row['class_probs']):.2f}" + (" (fall-back)" if row["fallback"] else "")
            box = tuple(row[corner] for corner in BOX)
            save_picture(
                place.folder / "overlay" / name, draw_overlay(image_hwc, row["body_rle"], row["panel_rle"], box, words)
            )
    say(f"drawn: {place.folder / 'overlay'}")


def _picture_names(image_ids: Iterable[str]) -> list[str]:
    """A flat file name for each id, none twice: `a/b.png` is `a__b.png.jpg`, a second one `a__b.png~2.jpg`."""
    names: dict[str, str] = {}
    for image_id in image_ids:
        stem = image_id.replace("/", "__").removesuffix(".jpg")
        name, count = f"{stem}.jpg", 1
        while name in names:
            count += 1
            name = f"{stem}~{count}.jpg"
        names[name] = image_id
    return list(names)
