"""research run: experiments without anybody, with values that a sampler chooses."""

from pathlib import Path

from pipeline.config import RECIPES
from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.progress import say
from pipeline.research.driver import choices_of, driven
from pipeline.research.experiment import opened
from pipeline.research.ledger import KEPT, incumbent_of
from pipeline.research.place import Place


def research_run(run: str = "research", experiments: int = 10, choices: Path = RECIPES / "choices.yml") -> Path:
    """Make experiments unattended: a sampler (TPE) proposes values, knowing what was tried, by others too.

    Each is what `research try` does; VALUES of candidate.py is rewritten, and what else is in it stays. Killed
    anywhere, the same command goes on until there are so many.

    Args:
        run: name of the research
        experiments: that the driver has made when it ends, those of earlier commands counted
        choices: a YAML of what may be chosen, dotted key -> list of values

    Raises:
        UserError: no such research, choices that cannot be, or edits of candidate.py that were not tried

    Example:
        ./run.sh research run --experiments 20 --choices mine.yml

    Returns:
        The table of all experiments.
    """
    place = Place.named(run)
    if not place.folder.is_dir():
        raise UserError(f"no research in {place.folder}: begin one with `./run.sh research start --run {run}`.")
    with alone_in(place.folder, "research run"):
        frozen, rows = opened(place)
        allowed = choices_of(choices, frozen.values)
        made = list(driven(place, frozen, rows, allowed, experiments))
    best = incumbent_of(rows)
    kept = sum(row.status == KEPT for row in made)
    say(f"{len(made)} experiments, {kept} kept; the incumbent: {frozen.headline} {best.value:.6f}, {best.description}")
    say(f"all experiments: {place.results}")
    return place.results
