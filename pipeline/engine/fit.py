"""One training from its first epoch, or any other, to its last; whoever calls says what happens after each."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from torch import nn

from pipeline.contracts import NO_COMPUTE, Asked, Network, Track
from pipeline.dataset.images import Sample, cached_images
from pipeline.dataset.loader import EpochOrder, TrainingImages, batches, training_loader
from pipeline.engine.inference import answers
from pipeline.engine.training import Training
from pipeline.errors import UserError, offenders
from pipeline.processes import cores
from pipeline.progress import progress, say
from pipeline.settings import Config


class Epoch(NamedTuple):
    """What an epoch gave.

    Attributes:
        training: as it stands
        line: the numbers to log: epoch, step, lr, losses, the judge's figures on `tune`, and which weights they are of
        network: with the better of raw and averaged weights
        best: whether none was better before
    """

    training: Training
    line: dict
    network: nn.Module
    best: bool


def fit(
    track: Track,
    config: Config,
    network: Network,
    folder: Path,
    fit_rows: pd.DataFrame,
    tune_rows: pd.DataFrame,
    on_epoch: Callable[[Epoch], bool | None],
    state: dict | None = None,
) -> Training:
    """Train a network, and judge it on `tune` after each epoch.

    Args:
        track: whose task is learnt, and whose judge selects
        config: every value of the recipe
        network: the task's
        folder: of the data set
        fit_rows: index rows to train on
        tune_rows: index rows to select on, which have the truth that the selecting figure needs
        on_epoch: told of each epoch; true ends the training
        state: of a training to resume, as `Training.state` gave it

    Raises:
        UserError: tune lacks truth, the training diverged, an image cannot be read, or memory is full.
    """
    task, size = track.task, config.model.size
    fit_images, tune = (cached_images(task, folder, rows, size, config.loader.cache) for rows in (fit_rows, tune_rows))
    optim = config.optim
    order = EpochOrder(len(fit_rows), optim.batch_size, config.seed, optim.images_per_epoch)
    images = TrainingImages(fit_images, task.labels(fit_rows), task.target, task.augment(config))
    loader = training_loader(images, order, _workers(config.loader.workers))
    training = Training(task, config, network, len(order))
    if state is not None:
        training.restore(state)
        say(f"resuming after epoch {training.epoch} of {optim.epochs}")
    total = optim.epochs * len(order)
    tick = progress(range(training.step, total), total, "train", "step", start=training.step)
    while training.epoch < optim.epochs:
        order.epoch = training.epoch
        losses = training.run_epoch(batches(loader), tick)
        if on_epoch(_judged(track, training, losses, tune, tune_rows)):
            break
    return training


def accuracy(
    track: Track, truth: pd.DataFrame, given: pd.DataFrame, compute: dict[str, float] = NO_COMPUTE
) -> dict[str, float | None]:
    """The judge's figures by its default rules."""
    return track.figures(track.judge.per_image(truth, given), track.judge.Rules(), compute)


def judged_on(
    track: Track,
    network: Network,
    sample: Sample,
    rows: pd.DataFrame,
    batch_size: int,
    views: str = "none",
    compute: dict[str, float] = NO_COMPUTE,
) -> dict[str, float | None]:
    """The judge's figures of a network's answers to index rows, of which `sample` has the images."""
    network.eval()
    known = rows[["image_id", "height", "width", *track.task.asked_columns]].to_dict("records")
    asked = (
        Asked(row.pop("image_id"), sample[i][0], row.pop("height"), row.pop("width"), known=row)
        for i, row in enumerate(known)
    )
    return accuracy(track, rows, pd.DataFrame(answers(track.task, network, asked, views, batch_size)), compute)


def refuse_blind(track: Track, tune_rows: pd.DataFrame) -> None:
    """Raise UserError where the rows lack the truth that the selecting figure needs."""
    if accuracy(track, tune_rows, tune_rows)[track.selects[0]] is None:
        raise UserError(
            f"the tune images lack the truth that {track.selects[0]} needs, so nothing can be selected on them; "
            "see `./run.sh index`."
        )


def refuse_untaught(track: Track, config: Config, rows: pd.DataFrame) -> None:
    """Raise UserError where a network is to learn what no row to train on has."""
    if wrong := track.task.untaught(config, rows):
        raise UserError("these images cannot teach what the network is to learn:\n" + offenders(wrong))


def _workers(wanted: int) -> int:
    if wanted >= 0:
        return wanted
    return min(cores() - 1, 8) if torch.cuda.is_available() else 0


def _judged(track: Track, training: Training, losses: dict, tune: Sample, tune_rows: pd.DataFrame) -> Epoch:
    """Score raw and averaged weights on tune, and take the better."""
    figure = track.selects[0]
    candidates = {"raw": training.network} | ({"average": training.average.module} if training.average else {})
    size = training.config.optim.batch_size
    found = {name: judged_on(track, network, tune, tune_rows, size) for name, network in candidates.items()}
    chosen = "raw"
    if "average" in found and track.better(found["average"][figure], found["raw"][figure]):
        chosen = "average"
    value = found[chosen][figure]
    best = training.best is None or track.better(value, training.best)
    if best:
        training.best = value
    line = {
        "epoch": training.epoch,
        "step": training.step,
        "lr": training.optimiser.param_groups[-1]["lr"],
        **losses,
        **{name: found[chosen][name] for name in dict.fromkeys((figure, *track.judge.accuracy))},
        "weights": chosen,
        **{f"{name}_{figure}": values[figure] for name, values in found.items()},
    }
    training.lines.append(line)
    return Epoch(training, line, candidates[chosen], best)
