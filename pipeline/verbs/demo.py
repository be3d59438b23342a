"""demo: the whole line on simulated images, from nothing to a scored zip and a picture."""

import time
from pathlib import Path

import pandas as pd

from pipeline.config import config_of, recipe_values
from pipeline.dataset.index_table import rows_of
from pipeline.dataset.pixels import read_pixels
from pipeline.engine.resume import is_finished
from pipeline.masks.columns import BOX
from pipeline.masks.draw import overlay, save, sheet, with_words
from pipeline.progress import say
from pipeline.run_folder import DATA, Answers, run_named
from pipeline.verbs.index import index
from pipeline.verbs.package import package
from pipeline.verbs.predict import predict
from pipeline.verbs.score import score
from pipeline.verbs.simulate import simulate
from pipeline.verbs.train import train

FOLDER = DATA / "demo"
COUNTS = {"count": 3000, "val": 200, "test": 40, "size": 512}
RECIPE = "two_looks"
OVERRIDES = {  # what two CPU cores can do in minutes
    **{"model.size": 512, "model.coarse": 128, "model.fine": 160},
    **{"optim.epochs": 5, "optim.warmup_epochs": 0.3},
}
SHOWN = 6  # images in the picture


def demo() -> None:
    """Simulate 3,040 images of 512 px, train two_looks on them, predict with d4, package, score, and draw a picture.

    Takes up to 15 minutes on two CPU cores and 1 GB of disk. Killed anywhere, the same command resumes; run again, it
    shows the score that is there.

    Raises:
        UserError: whatever one of its stages raises

    Example:
        ./run.sh demo
    """
    began = time.monotonic()
    simulate(FOLDER, seed=0, **COUNTS)
    truth = rows_of(index(FOLDER), ("val",))
    run = run_named("demo")
    if is_finished(run):
        say(f"trained already: {run.folder}")
    else:
        train(config_of(recipe_values(RECIPE) | OVERRIDES), RECIPE, FOLDER, run.name)
    predict(run.name, FOLDER, "val", "d4")
    place = package(run.name, FOLDER, "val", "d4")
    score(run.name, data=FOLDER, split="val", tta="d4")
    picture = draw(FOLDER, truth, place)
    say(f"image, truth and prediction of {SHOWN} images: {picture}")
    say(f"done in {(time.monotonic() - began) / 60:.1f} minutes")


def draw(folder: Path, truth: pd.DataFrame, place: Answers) -> Path:
    """A PNG of image, truth and prediction, side by side, for images spread evenly over the rows."""
    predictions = pd.read_parquet(place.predictions).set_index("image_id")
    rows = []
    for i in range(SHOWN):
        true = truth.iloc[i * len(truth) // SHOWN]
        given = predictions.loc[true["image_id"]]
        image_hwc = read_pixels(folder / true["image_path"])
        words = f"prediction: {given['class_name']} {max(given['class_probs']):.2f}"
        rows.append(
            [
                with_words(image_hwc, true["image_id"]),
                overlay(
                    image_hwc, true["body_rle"], true["panel_rle"], tuple(true[BOX]), f"truth: {true['class_name']}"
                ),
                overlay(image_hwc, given["body_rle"], given["panel_rle"], tuple(given[BOX]), words),
            ]
        )
    path = place.folder / "examples.png"
    save(path, sheet(rows, 400))
    return path
