"""research start: a frozen judge and one editable file, for experiments that anybody makes, agents too."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.progress import say
from pipeline.research.begin import started
from pipeline.research.place import Place
from pipeline.run_folder import find_data
from pipeline.settings import Config


def research_start(
    config: Config,
    recipe: str = "two_looks",
    data: Path | None = None,
    budget: int = 2000,
    epochs: int = 4,
    seeds: str = "0,1,2",
    limit_minutes: float = 30.0,
    run: str = "research",
    overwrite: bool = False,
) -> Path:
    """Begin a research: one file to edit, candidate.py, and a judge of it that no experiment changes.

    The judge is a git worktree of this checkout's last commit, on a branch research/<run> of its own; the checkout is
    not touched. The recipe as it is is trained from each seed: how far these lie apart says what chance does, and an
    experiment must be better by more than twice that. program.md has the rules, for an agent or a person.

    Args:
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        data: folder of the data set
        budget: images seen by each experiment
        epochs: in which they are seen; after each the network is judged on `tune`
        seeds: of the unchanged recipe, two or more with commas between; the first is that of every experiment
        limit_minutes: of wall clock, after which an experiment is killed and counts as failed
        run: name of the folder in submissions/, and of the branch
        overwrite: delete the research of this name first, its worktree and branch too

    Raises:
        UserError: no git checkout, a research that is there already, or a recipe that cannot be trained

    Example:
        ./run.sh research start --data data/sim --budget 4000 --limit-minutes 20

    Returns:
        The rules, program.md.
    """
    numbers = seeds.split(",")
    if not all(seed.isdigit() for seed in numbers) or len(set(numbers)) < max(2, len(numbers)):
        raise UserError(f"--seeds {seeds}: expected two whole numbers or more, with commas between, none twice.")
    if not limit_minutes > 0:
        raise UserError(f"--limit-minutes {limit_minutes:g}: expected more than 0.")
    folder = find_data(data)
    place = Place.named(run)
    with alone_in(place.folder, "research start"):
        frozen = started(
            place, config, recipe, folder, budget, epochs, [int(seed) for seed in numbers], limit_minutes, overwrite
        )
    say(f"{frozen.headline} lies {frozen.spread:.6f} apart over seeds {seeds}: kept is what gains more than twice that")
    say(f"edit {place.candidate}")
    say(f"rules, for you or an agent: {place.program}")
    return place.program
