"""Which tasks are learnt together, and how their losses are weighed: every set with every weighting, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pipeline.config import config_of, refuse_impossible
from pipeline.contracts import Track
from pipeline.engine.training import balance_of
from pipeline.errors import UserError
from pipeline.losses.balance import NONE
from pipeline.search.study import Outcome, Try
from pipeline.settings import Config, flat

LOGGED = {"cosine_": "cosines of gradients", "norm_": "norms of gradients"}  # see losses/gradients


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


def tries(
    track: Track, base: Config, sets: Sequence[str], balances: Sequence[str], seeds: Sequence[int]
) -> dict[tuple[str, str, int], Try]:
    """A try for each set of tasks, weighting and seed; a set with one loss is weighed in no way.

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
        values = flat(base) | known[name] | {"optim.balance": NONE}
        several = len(track.task.loss(config_of(values)).weights) > 1
        for balance, seed in product(balances if several else [NONE], seeds):
            own = known[name] | {"optim.balance": balance, "optim.gradients": several, "seed": seed}
            config = config_of(values | own)
            refuse_impossible(config)
            balance_of(track.task, config)
            label = "-".join([name, *([] if balance == NONE else [balance]), str(seed)])
            found[name, balance, seed] = Try(label, own)
    return found


def cells(wanted: dict[tuple[str, str, int], Try], ended: list[Outcome]) -> list[Cell]:
    """Trainings that differ in their seed alone put together; those that failed are left out."""
    results = {outcome.name: outcome.result for outcome in ended if outcome.result}
    found: dict[tuple[str, str, str], Cell] = {}
    for (tasks, balance, _), one in wanted.items():
        result = results.get(one.name, {"figures": {}})
        for decode, figures in result["figures"].items():
            key = tasks, balance, decode
            cell = found.get(key, Cell(*key, (), ()))
            found[key] = replace(cell, figures=(*cell.figures, figures), minutes=(*cell.minutes, result["minutes"]))
    return list(found.values())


def agreements(
    wanted: dict[tuple[str, str, int], Try], ended: list[Outcome]
) -> dict[tuple[str, str], list[dict[str, float]]]:
    """Norms and cosines of the losses' gradients, of each set of several losses with each weighting.

    Returns a dict for each epoch, `norm_<loss>` and `cosine_<loss>_<other>`, the mean over the seeds that have ended.
    """
    results = {outcome.name: outcome.result for outcome in ended if outcome.result}
    runs: dict[tuple[str, str], list[list[dict]]] = {}
    for (tasks, balance, _), one in wanted.items():
        if balance != NONE and one.name in results:
            runs.setdefault((tasks, balance), []).append(results[one.name]["epochs"])
    return {
        key: [
            {
                name: float(np.mean([line[name] for line in lines]))
                for name in lines[0]
                if name.startswith(tuple(LOGGED))
            }
            for lines in zip(*seeds, strict=True)
        ]
        for key, seeds in runs.items()
    }
