"""One training of a search: without a run's folder, kept as a JSON of what it gave; the same is not done twice."""

import copy
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch

from pipeline.contracts import Track
from pipeline.dataset.images import cached_images
from pipeline.dataset.index_table import rows_hash
from pipeline.engine.device import machine, on_device
from pipeline.engine.fit import Epoch, fit, judged_on, refuse_blind, refuse_untaught
from pipeline.engine.inference import CODE as ANSWER_CODE
from pipeline.engine.training import CODE
from pipeline.errors import UserError
from pipeline.files import read_json, write_json
from pipeline.models.cost import gmac, mparams
from pipeline.models.fused import fused
from pipeline.settings import Config, flat
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


def tried(track: Track, config: Config, sets: Sets, path: Path) -> dict:
    """What a training gave, taken from `path` where that was made from the same.

    Returns:
        made_from; epochs: a dict of figures each; figures: of `val` by the best weights, by way to decode, "" where
        there is but one; mparams and gmac; minutes; machine. Of a training that failed: made_from and failed, why.
    """
    made_from = {
        "config": flat(config),
        "images": sets.hashes,
        "code": sources((*CODE, *ANSWER_CODE, *track.task.fit_code, *track.task.answer_code)),
    }
    there = read_json(path)
    if there.get("made_from") == made_from:
        return there
    try:
        found = _trained(track, config, sets)
    except UserError as error:
        found = {"failed": str(error)}
    found = {"made_from": made_from} | found
    write_json(path, found)
    return found


def _trained(track: Track, config: Config, sets: Sets) -> dict:
    began = time.monotonic()
    refuse_untaught(track, config, sets.fit)
    torch.manual_seed(config.seed)
    network = track.task.network(config)
    best: dict = {}

    def on_epoch(epoch: Epoch) -> None:
        if epoch.best:
            best["state"] = copy.deepcopy(epoch.network.state_dict())

    training = fit(track, config, network, sets.folder, sets.fit, sets.tune, on_epoch)
    minutes = (time.monotonic() - began) / 60
    network.load_state_dict(best["state"])
    network = on_device(fused(network))
    sample = cached_images(track.task, sets.folder, sets.val, config.model.size, config.loader.cache)
    ways = track.task.decodings(config) or ("",)
    return {
        "epochs": training.lines,
        "figures": {
            way: judged_on(track, network, sample, sets.val, config.optim.batch_size, f"none+{way}" if way else "none")
            for way in ways
        },
        "mparams": mparams(network),
        "gmac": gmac(network, network.example_input()),
        "minutes": minutes,
        "machine": machine(),
    }
