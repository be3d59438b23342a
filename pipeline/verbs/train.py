"""train: a network from a recipe, fitted on the train rows, selected on tune by the judge."""

import dataclasses
from pathlib import Path

import pandas as pd
import torch

from pipeline.config import refuse_impossible
from pipeline.contracts import Track
from pipeline.dataset.index_table import rows_hash
from pipeline.dataset.problems import problem_counts
from pipeline.engine.checkpoints import save_last, save_weights
from pipeline.engine.device import machine
from pipeline.engine.fit import Epoch, fit, refuse_blind, refuse_untaught
from pipeline.engine.log import draw_curves, write_lines
from pipeline.engine.resume import state_of
from pipeline.engine.training import CODE, balance_of
from pipeline.files import drop_leftovers, file_hash, write_text
from pipeline.locks import alone_in, empty
from pipeline.models.cost import gmac, mparams
from pipeline.models.fused import fused
from pipeline.progress import say
from pipeline.run_folder import Run, find_data, recorded, run_named
from pipeline.settings import Config
from pipeline.sources import sources
from pipeline.stages.indexed import indexed, usable_rows
from pipeline.stages.trained import write_seen
from pipeline.tracks import track_named
from pipeline.yaml_files import yaml_text


def train(
    config: Config, recipe: str = "two_looks", data: Path | None = None, run: str | None = None, overwrite: bool = False
) -> Run:
    """Train a network, and keep the weights that the track's judge finds best on `tune`.

    Killed anywhere, the same command resumes after the last whole epoch. Any value of the recipe can be given on the
    command line.

    Args:
        config: every value of the recipe
        recipe: `<track>/<name>` of a file in pipeline/recipes, the name alone, or a path of your own
        data: folder of the data set; default: the only one in data/
        run: name of the run's folder in submissions/; default: the recipe's name
        overwrite: delete the run of this name first, unless it is this very training, unfinished

    Raises:
        UserError: values that no network can be trained with, losses that cannot be balanced, too few usable
            images, a run that is there already, or a training that diverges

    Example:
        ./run.sh train --recipe two_looks --optim.epochs 10 --optim.lr 2e-3

    Returns:
        The run's folder.
    """
    refuse_impossible(config)
    track = track_named(config.track)
    balance_of(track.task, config)
    folder = find_data(data)
    place = run_named(run or Path(recipe).stem)
    index = indexed(folder, track)
    wanted = dataclasses.asdict(config) | {"recipe": recipe, "data": str(folder)}
    made_from = {"index_hash": rows_hash(index), "code": sources((*CODE, *track.task.fit_code))}
    with alone_in(place.folder, "train"):
        drop_leftovers(place.folder)
        state = state_of(place, wanted, made_from, overwrite)
        _train(track, config, wanted, made_from, folder, index, place, state)
    return place


def _train(
    track: Track,
    config: Config,
    wanted: dict,
    made_from: dict,
    folder: Path,
    index: pd.DataFrame,
    place: Run,
    state: dict | None,
) -> None:
    """The training itself, into a run's folder that this process is alone in."""
    fit_rows, tune_rows = (usable_rows(track, index, splits) for splits in (tuple(config.fit_on.split("+")), ("tune",)))
    refuse_blind(track, tune_rows)
    refuse_untaught(track, config, fit_rows)
    _say_marked(track, config, fit_rows)
    torch.manual_seed(config.seed)
    network = track.task.network(config, load_weights=state is None)
    counted = fused(network)
    say(
        f"train: {config.model} at {config.model.size} px, {mparams(counted):.3f} M parameters, "
        f"{gmac(counted, counted.example_input()):.3f} GMAC; {len(fit_rows)} images, {config.optim.epochs} epochs"
        + (f" of {config.optim.images_per_epoch}" if config.optim.images_per_epoch else "")
    )
    if state is None:  # only now, when nothing is left that could be refused
        empty(place.folder, keep=place.config.name)  # by which the folder is known for a run's, if this is killed here
    write_text(place.config, yaml_text(wanted))  # a resumed run may have moved its data
    if state is None:
        write_seen(place, fit_rows, tune_rows)

    def on_epoch(epoch: Epoch) -> None:
        if epoch.best:
            save_weights(place.best, epoch.network)
        write_lines(place.metrics, epoch.training.lines)
        draw_curves(place.curves, epoch.training.lines, _panels(track, epoch.training.loss_names))
        say(_said(track, config, epoch.line))
        save_last(place.last, epoch.training.state() | made_from)

    facts = {"recipe": wanted["recipe"], "data": wanted["data"], **made_from, "config_hash": file_hash(place.config)}
    with recorded(place.folder, "train", **facts, seed=config.seed) as facts:
        training = fit(track, config, network, folder, fit_rows, tune_rows, on_epoch, state)
        facts |= {"weights_hash": file_hash(place.best), "epochs": training.epoch, "machine": machine()}
        facts["resumed_after"] = state["epoch"] if state else 0
    figure = f"{track.selects[0]} {training.best:.4f} on {len(tune_rows)} tune images"
    say(f"trained: {place.best}, {figure}; curves in {place.curves}")


def _say_marked(track: Track, config: Config, rows: pd.DataFrame) -> None:
    """What the task finds odd, and a line for each mark of the index that does not keep an image out."""
    for remark in track.task.remarks(config, rows):
        say(remark)
    for code, count in problem_counts(rows).items():
        say(f"{count} of {len(rows)} images are marked {code} by the index: trained on as they are")


def _panels(track: Track, losses: list[str]) -> dict[str, tuple[str, ...]]:
    """What the curves show."""
    figures = tuple(dict.fromkeys((track.selects[0], *track.judge.accuracy)))
    return {"loss on train": ("loss", *losses), "score on tune": figures, "learning rate": ("lr",)}


def _said(track: Track, config: Config, line: dict) -> str:
    """An epoch in a line."""
    figure = track.selects[0]
    others = ", ".join(f"{name} {line[name]:.3f}" for name in track.judge.accuracy if name != figure)
    beside = f"{others}; {line['weights']} weights" if others else f"{line['weights']} weights"
    return (
        f"epoch {line['epoch']}/{config.optim.epochs}: loss {line['loss']:.4f}; "
        f"tune {figure} {line[figure]:.4f} ({beside})"
    )
