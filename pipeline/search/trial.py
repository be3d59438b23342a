"""One training of a search, without a run's folder: what it gave."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch

from pipeline.contracts import Network, Track
from pipeline.dataset.images import cached_images
from pipeline.dataset.index_table import rows_hash
from pipeline.engine.device import machine, on_device
from pipeline.engine.fit import Epoch, fit, judged_on, refuse_blind, refuse_untaught
from pipeline.engine.inference import CODE as ANSWER_CODE
from pipeline.engine.training import CODE
from pipeline.models.cost import gmac, mparams
from pipeline.models.fused import fused
from pipeline.settings import Config
from pipeline.sources import sources
from pipeline.stages.indexed import indexed, usable_rows


@dataclass(frozen=True)
class Sets:
    """Index rows of a data set: to fit on, to select on, and to report."""

    folder: Path
    fit: pd.DataFrame
    tune: pd.DataFrame
    val: pd.DataFrame

    @classmethod
    def of(cls, track: Track, folder: Path) -> "Sets":
        """Those of a folder. Raises UserError where one is empty, or tune lacks the truth to select by."""
        index = indexed(folder, track)
        sets = cls(folder, *(usable_rows(track, index, (split,)) for split in ("train", "tune", "val")))
        refuse_blind(track, sets.tune)
        return sets

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Of the rows, by what they are for."""
        return {name: rows_hash(getattr(self, name)) for name in ("fit", "tune", "val")}


def code_of(track: Track) -> dict[str, str]:
    """Hashes of the source files that decide what a training of a track gives."""
    return sources((*CODE, *ANSWER_CODE, *track.task.fit_code, *track.task.answer_code))


def trained(
    track: Track,
    config: Config,
    sets: Sets,
    split: str = "tune",
    network: Network | None = None,
    on_epoch: Callable[[dict], bool | None] = lambda line: None,
) -> dict:
    """What a training gives, by the weights that are best on `tune`.

    Args:
        track: whose task is learnt
        config: every value of the recipe
        sets: index rows
        split: tune or val, which the figures are of
        network: to train; None: the task's
        on_epoch: told the numbers of each epoch; true ends the training

    Returns:
        epochs: a dict of numbers each; figures: the judge's, compute paid for, by way to decode, "" where there is but
        one; mparams and gmac; minutes; machine.

    Raises:
        UserError: what `fit` raises.
    """
    began = time.monotonic()
    refuse_untaught(track, config, sets.fit)
    torch.manual_seed(config.seed)
    network = track.task.network(config) if network is None else network
    best: dict = {}

    def at_end(epoch: Epoch) -> bool | None:
        if epoch.best:
            best["state"] = copy.deepcopy(epoch.network.state_dict())
        return on_epoch(epoch.line)

    training = fit(track, config, network, sets.folder, sets.fit, sets.tune, at_end)
    minutes = (time.monotonic() - began) / 60
    network.load_state_dict(best["state"])
    network = on_device(network)
    compute = compute_of(network)
    rows = getattr(sets, split)
    sample = cached_images(track.task, sets.folder, rows, config.model.size, config.loader.cache)
    ways = track.task.decodings(config) or ("",)
    size = config.optim.batch_size
    return {
        "epochs": training.lines,
        "figures": {
            way: judged_on(track, network, sample, rows, size, f"none+{way}" if way else "none", compute)
            for way in ways
        },
        **compute,
        "minutes": minutes,
        "machine": machine(),
    }


def best_way(track: Track, result: dict) -> tuple[str, float]:
    """Of the ways in which a training was answered the best by the judge's headline, and its value."""
    pick = max if track.selects[1] == "max" else min
    headline = track.judge.headline
    return pick(((way, figures[headline]) for way, figures in result["figures"].items()), key=lambda one: one[1])


def compute_of(network: Network) -> dict[str, float]:
    """`gmac` of one image and one view, and `mparams`, of a network as it answers: fused."""
    answering = fused(network)
    return {"gmac": gmac(answering, answering.example_input()), "mparams": mparams(answering)}
