"""A candidate's trainings, and the judge's figures of them on `tune`."""

import copy
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from pipeline.contracts import Network, Task
from pipeline.engine.training import balance_of
from pipeline.errors import UserError
from pipeline.search.trial import Sets, best_way, trained
from pipeline.settings import Config
from pipeline.tracks import track_named


def judged(
    network: Callable[[Task, Config], Network], configs: Sequence[Config], data: Path, images: dict[str, str] | None
) -> dict:
    """What a training of each config gives.

    Args:
        network: of a task and a config
        configs: that differ in their seed alone
        data: folder of the data set
        images: hashes that its rows must have, by what they are for; None: any

    Returns:
        images: hashes; trainings: value of the headline, figures, mparams, gmac, minutes of each.

    Raises:
        UserError: other images, a config that cannot be, a training that fails, or a headline that is no number.
    """
    track = track_named(configs[0].track)
    sets = Sets.of(track, data)
    if images is not None and sets.hashes != images:
        other = [name for name, of in sets.hashes.items() if images.get(name) != of]
        raise UserError(f"the images of {data} to {', '.join(other)} are not those that the research was begun with.")
    found = []
    for config in configs:
        balance_of(track.task, config)
        torch.manual_seed(config.seed)  # as `trained` does before it makes a network of its own
        own = network(track.task, copy.deepcopy(config))  # what it changes in it changes no training
        result = trained(track, config, sets, network=own)
        way, value = best_way(track, result)
        if value is None or not math.isfinite(value):
            raise UserError(f"{track.judge.headline} is {value} on the tune images, expected a number.")
        figures = {name: result["figures"][way][name] for name in (track.judge.headline, *track.judge.accuracy)}
        cost = {key: result[key] for key in ("mparams", "gmac", "minutes")}
        found.append({"value": value, "figures": figures, **cost})
    return {"images": sets.hashes, "trainings": found}
