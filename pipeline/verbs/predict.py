"""predict: answers of a trained run for a split, or for any folder of images."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.contracts import Track
from pipeline.dataset.file_findings import stamp
from pipeline.dataset.folders import image_files
from pipeline.dataset.index_table import rows_of
from pipeline.dataset.pixels import read_picture
from pipeline.dataset.prediction_table import read_predictions
from pipeline.errors import UserError, command
from pipeline.masks.draw import save as save_picture
from pipeline.progress import say
from pipeline.run_folder import Answers
from pipeline.stages.indexed import indexed
from pipeline.stages.predicted import answered, predicted
from pipeline.stages.trained import Trained


def predict(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: str = "none",
    decode: str | None = None,
    images: Path | None = None,
    overlay: bool = False,
    overwrite: bool = False,
) -> Answers:
    """Answer every image of a split: class, box, body and panel masks, to predictions.parquet.

    Killed anywhere, the same command resumes. With --images, any folder of JPEG or PNG files, of any size, is
    answered instead (searched with its subfolders).

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images
        tta: views to average: none, hflip (2), flips (4) or d4 (8: mirrors and quarter turns); a track may forbid some
        decode: how answers are got from the network's outputs, where its task has several ways; default: the task's
            choice. Later stages name views and way as one: `--tta none+pnp`
        images: a folder of images to answer instead of a split
        overlay: also draw each answer over its image, into the folder overlay
        overwrite: delete predictions (and zip and score) made by other weights

    Raises:
        UserError: there is no run, data set or image, views that the track forbids, or predictions of something else

    Example:
        ./run.sh predict --split val --tta d4

    Returns:
        The folder of the predictions.
    """
    chosen = Trained.named(run)
    tta = f"{tta}+{decode}" if decode else tta
    chosen.refuse_views(tta)
    if images is None:
        folder = chosen.data(data)
        rows = rows_of(indexed(folder, chosen.track), (split,))
        place = predicted(chosen, folder, rows, split, tta, overwrite)
    else:
        folder, (rows, remarks) = images, _loose_images(images, chosen.track)
        for remark in remarks:
            say(f"note: {remark}")
        again = command("predict", "--run", chosen.run.name, "--images", images, "--tta", tta, "--overwrite")
        place = answered(chosen, folder, rows, chosen.run.answers(images, "images", tta), again, overwrite)
    if overlay:
        _draw(chosen, folder, rows, place)
    return place


def _loose_images(folder: Path, track: Track) -> tuple[pd.DataFrame, list[str]]:
    """One row per image file below a folder, and what is left out."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder.absolute()}; --images takes a folder of JPEG or PNG files.")
    found, remarks = image_files(folder)
    if not found:
        left = "".join(f"\n  {remark}" for remark in remarks)
        raise UserError(f"no .jpg, .jpeg, .png files in {folder.absolute()}.{left}")
    paths = [path.as_posix() for path in found]
    stamps = [stamp(folder, path) for path in paths]
    rows = {"image_id": paths, "image_path": paths, "height": 0, "width": 0, "content_hash": stamps}
    beside = {name: [value] * len(paths) for name, value in track.reader.beside(folder).items()}
    return pd.DataFrame(rows | beside), remarks


def _draw(trained: Trained, folder: Path, rows: pd.DataFrame, place: Answers) -> None:
    """One JPEG an answer, beside the predictions."""
    paths = dict(zip(rows["image_id"], rows["image_path"], strict=True))
    given = read_predictions(place.predictions, "Predict again with --overwrite.")
    names = _picture_names(given["image_id"])
    for row, name in zip(given.to_dict("records"), names, strict=True):
        image_hwc = read_picture(folder / paths[row["image_id"]]).rgb_hwc
        if image_hwc is not None:
            save_picture(place.folder / "overlay" / name, trained.track.task.draw(image_hwc, row))
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
