"""Which tasks are learnt together, and how their losses are weighed: every set with every weighting, as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from pipeline.config import config_of, refuse_impossible
from pipeline.contracts import Track
from pipeline.engine.training import balance_of
from pipeline.errors import UserError
from pipeline.losses.balance import NONE
from pipeline.progress import say
from pipeline.search.trial import Sets, tried
from pipeline.settings import Config, flat


@dataclass(frozen=True)
class Cell:
    """A line of the table: a set of tasks with a weighting, trained from some seeds, answered in one way.

    Attributes:
        tasks: name of the set
        balance: of the losses; none of a single one
        decode: way to answer; empty: there is but one
        figures: of `val`, for each seed
        minutes: of each seed's training
    """

    tasks: str
    balance: str
    decode: str
    figures: tuple[dict[str, float], ...]
    minutes: tuple[float, ...]

    def mean(self, figure: str) -> float:
        """Of a figure over the seeds."""
        return float(np.mean([figures[figure] for figures in self.figures]))


def configs(
    track: Track, base: Config, sets: Sequence[str], balances: Sequence[str], seeds: Sequence[int], epochs: int
) -> dict[tuple[str, str, int], Config]:
    """A config for each set of tasks, weighting and seed; a set with one loss is weighed in no way.

    Raises:
        UserError: sets, weightings or values that cannot be, all of them.
    """
    known = track.task.subsets
    if not known:
        raise UserError(f"track {track.name} learns one set of tasks, so there is none to be chosen.")
    if unknown := [name for name in sets if name not in known]:
        raise UserError(f"unknown sets of tasks {', '.join(unknown)}; there are {', '.join(known)}.")
    found = {}
    for name in sets:
        values = flat(base) | known[name] | {"optim.epochs": epochs, "optim.balance": NONE}
        several = len(track.task.loss(config_of(values)).weights) > 1
        for balance, seed in product(balances if several else [NONE], seeds):
            config = config_of(values | {"optim.balance": balance, "optim.gradients": several, "seed": seed})
            refuse_impossible(config)
            balance_of(track.task, config)
            found[name, balance, seed] = config
    return found


def search(track: Track, wanted: dict[tuple[str, str, int], Config], sets: Sets, folder: Path) -> Iterator[list[dict]]:
    """The trials so far, after each one: of a config, those that lie in the folder already are taken."""
    done: list[dict] = []
    for (tasks, balance, seed), config in wanted.items():
        name = "-".join([tasks, *([] if balance == NONE else [balance]), str(seed)])
        found = tried(track, config, sets, folder / f"{name}.json")
        if "failed" in found:
            say(f"{name} failed: {found['failed']}")
        else:
            figure = track.selects[0]
            best = ", ".join(f"{way} {figures[figure]:.4f}".strip() for way, figures in found["figures"].items())
            say(f"{name}: {figure} of val {best}; {found['minutes']:.1f} minutes")
        done.append({"tasks": tasks, "balance": balance, "seed": seed, "name": name} | found)
        yield done


def cells(trials: list[dict]) -> list[Cell]:
    """Trials that differ in their seed alone put together; those that failed are left out."""
    found: dict[tuple[str, str, str], Cell] = {}
    for trial in trials:
        for decode, figures in trial.get("figures", {}).items():
            key = trial["tasks"], trial["balance"], decode
            cell = found.get(key, Cell(*key, (), ()))
            found[key] = replace(cell, figures=(*cell.figures, figures), minutes=(*cell.minutes, trial["minutes"]))
    return list(found.values())
