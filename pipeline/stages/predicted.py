"""The answers of a trained run, made where they are missing, and refused where they were made from something else."""

from itertools import islice
from pathlib import Path

import pandas as pd

from pipeline.contracts import Asked
from pipeline.dataset.images import read_ahead
from pipeline.dataset.index_table import exact, sized
from pipeline.dataset.prediction_table import Parts, made_from, odd_answers
from pipeline.engine.inference import CODE, answers, asked_of
from pipeline.errors import UserError, command, offenders
from pipeline.files import file_hash, text_hash
from pipeline.locks import alone_in, empty
from pipeline.progress import progress, say
from pipeline.run_folder import Answers, manifest_of, recorded
from pipeline.settings import Config
from pipeline.sources import differences, sources
from pipeline.stages.trained import Trained


def predicted(
    trained: Trained, folder: Path, rows: pd.DataFrame, split: str, tta: str, overwrite: bool = False
) -> Answers:
    """The answers of a run to a split's index rows, made where they are missing.

    Raises:
        UserError: others are there, made from something else, and are not to be overwritten.
    """
    trained.refuse_views(tta)
    trained.run.ask(folder, split, tta)
    options = ["--run", trained.run.name, "--data", folder, "--split", split, "--tta", tta]
    place = trained.run.answers(folder, split, tta)
    return answered(trained, folder, rows, place, command("predict", *options, "--overwrite"), overwrite)


def answered(
    trained: Trained, folder: Path, rows: pd.DataFrame, place: Answers, again: str, overwrite: bool
) -> Answers:
    """The answers to some rows in a place; `again` is the command that makes them anew."""
    wanted = _made_of(trained, rows, place.tta)
    with alone_in(place.folder, "predict"):
        if overwrite and place.predictions.exists():  # parts of the same answers are resumed
            empty(place.folder)
        there, known = place.predictions.exists(), manifest_of(place.folder, "predict")
        if there and (differ := differences(made_from(place.predictions, f"`{again}` makes it anew."), wanted)):
            raise UserError(
                f"{place.predictions} was made from something else: {'; '.join(differ[:5])}.\n"
                f"`{again}` makes it anew and deletes what was made of it."
            )
        if there and known | wanted == known:
            say(f"predictions are there already: {place.predictions}")
        else:
            _predict(trained, folder, rows, place, wanted)
    return place


def _made_of(trained: Trained, rows: pd.DataFrame, tta: str) -> dict:
    """All that decides a run's answers to some images."""
    said = rows["image_id"] + " " + rows["content_hash"]
    for name in trained.track.task.asked_columns:
        said += " " + rows[name].map(exact).map(str)
    return {
        "weights_hash": file_hash(trained.run.best),
        "images_hash": text_hash("\n".join(said)),
        "tta": tta,
        "model": vars(trained.config.model),
        "batch_size": _batch_size(trained.config),
        "code": sources((*CODE, *trained.track.task.answer_code)),
    }


def _batch_size(config: Config) -> int:
    return min(config.optim.batch_size, 16)


def _predict(trained: Trained, folder: Path, rows: pd.DataFrame, place: Answers, wanted: dict) -> None:
    """Answer, unless that was done before a kill, and record and say what was found."""
    config_hash = file_hash(trained.run.config)
    with recorded(place.folder, "predict", **wanted, config_hash=config_hash, data=str(folder)) as facts:
        there = place.predictions.exists()
        facts["resumed_after"] = len(rows) if there else _answer(trained, folder, rows, place, wanted)
        facts["fallbacks"], facts["unreadable"] = odd_answers(place.predictions, "Predict again with --overwrite.")
    if facts["unreadable"]:
        listed = offenders(facts["unreadable"])
        say(
            f"{len(facts['unreadable'])} images could not be read whole; what is missing was taken for black:\n{listed}"
        )
    if facts["fallbacks"]:
        say(f"{facts['fallbacks']} images with {trained.track.task.fallback_words}")
    say(f"written: {place.predictions}")


def _answer(trained: Trained, folder: Path, rows: pd.DataFrame, place: Answers, wanted: dict) -> int:
    """Answer what is not answered yet. Returns how many images were."""
    if not manifest_of(trained.run.folder, "train"):
        say(f"note: run {trained.run.name!r} has not finished training; its best weights so far are used")
    task = trained.track.task
    parts = Parts(place.parts, len(rows), task.columns, wanted, wanted["batch_size"])
    missing = parts.missing()
    todo = sized(rows, trained.track.size_hw).iloc[[i for span in missing for i in span]]
    start = len(rows) - len(todo)
    resumed = f", resuming after {start}" if start else ""
    say(f"predict: {len(rows)} images with {trained.run.name!r}, tta {place.tta}{resumed}")

    def asked(row: tuple) -> Asked:
        return asked_of(task, folder, row, trained.config.model.size)

    found = answers(task, trained.network, read_ahead(asked, todo.itertuples()), place.tta, wanted["batch_size"])
    found = progress(found, len(rows), "predict", start=start)
    for span in missing:
        parts.write(span, list(islice(found, len(span))))
    parts.join(place.predictions)
    return start
