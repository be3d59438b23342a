"""train: a network from a recipe, fitted on the train rows, selected on tune by the judge."""

import dataclasses
from pathlib import Path

import pandas as pd
import torch
import yaml

from pipeline.config import Config, flat, refuse_impossible
from pipeline.dataset.augment import Augment
from pipeline.dataset.images import Sample, cached_images
from pipeline.dataset.index_table import problem_counts, rows_hash, rows_of
from pipeline.dataset.loader import EpochOrder, TrainingImages, batches, training_loader
from pipeline.engine.checkpoints import load_last, save_weights
from pipeline.engine.inference import Asked, answers
from pipeline.engine.log import draw_curves, write_lines
from pipeline.engine.training import CODE, Training
from pipeline.errors import UserError
from pipeline.files import drop_leftovers, file_hash, write_text
from pipeline.locks import FILE as LOCK
from pipeline.locks import alone_in, empty
from pipeline.models.cost import gmac, mparams
from pipeline.models.network import SpacecraftNet, build_network
from pipeline.processes import cores
from pipeline.progress import progress, say
from pipeline.run_folder import Run, find_data, manifest_of, recorded, run_named
from pipeline.sources import differences, sources
from pipeline.stages.indexed import indexed
from pipeline.stages.trained import write_seen
from pipeline.tracks import DEFAULT, track_named
from pipeline.tracks.spark2026 import CLASSES
from pipeline.yaml_files import read_yaml

TRACK = track_named(DEFAULT)  # whose judge selects the weights


def train(
    config: Config, recipe: str = "lite0", data: Path | None = None, run: str | None = None, overwrite: bool = False
) -> Run:
    """Train a network, and keep the weights that score best on `tune`.

    Killed anywhere, the same command goes on after the last whole epoch. Any value of the recipe can be given on the
    command line.

    Args:
        config: every value of the recipe
        recipe: name of a file in pipeline/recipes, or a path of your own
        data: folder of the data set; default: the only one in data/
        run: name of the run's folder in submissions/; default: the recipe's name
        overwrite: delete the run of this name first

    Example:
        ./run.sh train --recipe lite0 --optim.epochs 10 --model.size 384

    Returns:
        The run's folder.
    """
    refuse_impossible(config)
    folder = find_data(data)
    index = indexed(folder, TRACK)
    place = run_named(run or Path(recipe).stem)
    wanted = dataclasses.asdict(config) | {"recipe": recipe, "data": str(folder), "track": TRACK.name}
    with alone_in(place.folder, "train"):
        going_on = _may_go_on(place, wanted, rows_hash(index), overwrite)
        _train(config, wanted, folder, index, place, going_on)
    return place


def _train(config: Config, wanted: dict, folder: Path, index: pd.DataFrame, place: Run, going_on: bool) -> None:
    """The training itself, into a run's folder that this process is alone in."""
    fit_rows = _usable_rows(index, tuple(config.fit_on.split("+")))
    tune_rows = _usable_rows(index, ("tune",))
    if _accuracy(tune_rows, tune_rows)["s_acc"] is None:
        raise UserError(
            "the tune images lack boxes or masks, so nothing can be selected on them; see `./run.sh index`."
        )
    _say_marked(fit_rows)

    torch.manual_seed(config.seed)
    network = build_network(config.model, len(CLASSES), load_weights=not going_on)
    say(
        f"train: {config.model.decoder} on {config.model.encoder} at {config.model.size} px, "
        f"{mparams(network):.3f} M parameters, {gmac(network, config.model.size):.3f} GMAC; "
        f"{len(fit_rows)} images, {config.optim.epochs} epochs"
    )
    if not going_on:  # only now, when nothing is left that could be refused
        empty(place.folder)
        write_seen(place, fit_rows, tune_rows)
    write_text(place.config, yaml.safe_dump(wanted, sort_keys=False))  # a run that goes on may have moved its data
    fit, tune = (cached_images(folder, rows, config.model.size, config.loader.cache) for rows in (fit_rows, tune_rows))
    order = EpochOrder(len(fit_rows), config.optim.batch_size, config.seed)
    loader = training_loader(
        TrainingImages(fit, fit_rows["class_index"].to_numpy(), Augment(config.augment, config.seed)),
        order,
        _workers(config.loader.workers),
    )
    training = Training(config, network, len(order))
    if going_on:
        training.resume(place.last)
        drop_leftovers(place.last.parent)
        say(f"going on after epoch {training.epoch} of {config.optim.epochs}")

    made_from = {"index_hash": rows_hash(index), "code": sources(CODE)}
    with recorded(
        place.folder,
        "train",
        **{name: wanted[name] for name in ("recipe", "data")},
        **made_from,
        config_hash=file_hash(place.config),
        seed=config.seed,
    ) as facts:
        total = config.optim.epochs * len(order)
        tick = progress(range(training.step, total), total, "train", "step", start=training.step)
        while training.epoch < config.optim.epochs:
            order.epoch = training.epoch
            losses = training.run_epoch(batches(loader), tick)
            _select(training, losses, place, tune, tune_rows)
            training.save(place.last, **made_from)
        facts |= {"weights_hash": file_hash(place.best), "epochs": training.epoch}
    say(f"trained: {place.best}, S_acc {training.best:.4f} on {len(tune_rows)} tune images; curves in {place.curves}")


def is_finished(run: Run) -> bool:
    """Whether a run of this name has done all its epochs."""
    return "epochs" in manifest_of(run.folder, "train")


def _may_go_on(place: Run, wanted: dict, index_hash: str, overwrite: bool) -> bool:
    """Whether an unfinished run of this very config and data is there; False where a new one may begin.

    Raises:
        UserError: another run, or a finished one, is there, and not to be overwritten.
    """
    if not place.config.exists():
        if any(path.name != LOCK for path in place.folder.iterdir()):
            raise UserError(f"{place.folder} holds files that are no run's. Choose another --run.")
        return False
    if overwrite or not (place.last.exists() or is_finished(place)):
        return False
    was, now = flat(read_yaml(place.config)), flat(wanted)
    changed = [
        f"{name} {was.get(name)} -> {now.get(name)}"
        for name in {**was, **now}
        if was.get(name) != now.get(name) and not name.startswith("loader.") and name != "data"
    ]
    begun = None if is_finished(place) else load_last(place.last)
    refusal = None
    if changed:
        refusal = f"run {place.name!r} was begun with another config: {'; '.join(changed[:5])}."
    elif begun is None:
        refusal = f"run {place.name!r} is finished ({wanted['optim']['epochs']} epochs)."
    elif begun.get("index_hash") != index_hash:
        refusal = f"{wanted['data']} has changed since run {place.name!r} was begun."
    if refusal:
        raise UserError(f"{refusal} Choose another --run, or --overwrite to delete {place.folder}.")
    if other := differences({"code": begun.get("code")}, {"code": sources(CODE)}):
        say(f"note: begun with other code ({'; '.join(other[:3])}); --overwrite begins anew with this")
    return True


def _usable_rows(index: pd.DataFrame, splits: tuple[str, ...]) -> pd.DataFrame:
    rows = rows_of(index, splits)
    good = pd.Series(TRACK.reader.usable(rows))
    if not good.all():
        say(f"{(~good).sum()} of {len(rows)} {'+'.join(splits)} images cannot be trained on: left out (see index)")
    if (good.sum() < 2 and splits != ("tune",)) or not good.any():
        raise UserError(f"only {good.sum()} usable images in {'+'.join(splits)}; run `./run.sh index` to see why.")
    return rows[good].reset_index(drop=True)


def _say_marked(rows: pd.DataFrame) -> None:
    """A line for each class without images, and for each mark of the index that does not keep an image out."""
    lacking = [name for number, name in enumerate(CLASSES) if number not in set(rows["class_index"])]
    if lacking:
        say(f"no train image of {', '.join(lacking)}: what is never shown is hardly answered")
    for code, count in problem_counts(rows).items():
        say(f"{count} of {len(rows)} images are marked {code} by the index: trained on as they are")


def _workers(wanted: int) -> int:
    if wanted >= 0:
        return wanted
    return min(cores() - 1, 8) if torch.cuda.is_available() else 0


def _select(training: Training, losses: dict, place: Run, tune: Sample, tune_rows: pd.DataFrame) -> None:
    """Score raw and averaged weights on tune, keep the better if it is the best so far, and log the epoch."""
    candidates = {"raw": training.network} | ({"average": training.average.module} if training.average else {})
    figures = {name: _judge(network, tune, tune_rows, training.config) for name, network in candidates.items()}
    chosen = max(figures, key=lambda name: figures[name]["s_acc"])
    found = figures[chosen]
    if found["s_acc"] > training.best:
        training.best = found["s_acc"]
        save_weights(place.best, candidates[chosen])
    line = {
        "epoch": training.epoch,
        "step": training.step,
        "lr": training.optimiser.param_groups[-1]["lr"],
        **losses,
        **{name: found[name] for name in ("s_acc", "s_cls", "s_det", "s_seg")},
        "weights": chosen,
        **{f"{name}_s_acc": values["s_acc"] for name, values in figures.items()},
    }
    training.lines.append(line)
    write_lines(place.metrics, training.lines)
    draw_curves(place.curves, training.lines)
    parts = ", ".join(f"{name} {line[f's_{name}']:.3f}" for name in ("cls", "det", "seg"))
    say(
        f"epoch {line['epoch']}/{training.config.optim.epochs}: loss {line['loss']:.4f}; "
        f"tune S_acc {line['s_acc']:.4f} ({parts}; {chosen} weights)"
    )


def _judge(network: SpacecraftNet, tune: Sample, rows: pd.DataFrame, config: Config) -> dict:
    """Accuracy figures of the judge on tune, without test-time views."""
    network.eval()
    asked = (
        Asked(image_id, tune[i][0], height, width)
        for i, (image_id, height, width) in enumerate(zip(rows["image_id"], rows["height"], rows["width"], strict=True))
    )
    given = pd.DataFrame(answers(network, asked, "none", config.optim.batch_size))
    return _accuracy(rows, given)


def _accuracy(truth: pd.DataFrame, given: pd.DataFrame) -> dict:
    """The judge's figures by its default rules; compute does not matter here."""
    return TRACK.figures(TRACK.judge.per_image(truth, given), TRACK.judge.Rules(), {"gmac": 0.0, "mparams": 0.0})
