"""search tasks: many trainings on the same images, compared on what none of them was selected by."""

from pathlib import Path

from pipeline.config import config_of
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.progress import say
from pipeline.run_folder import find_data
from pipeline.search.study import Terms, begun
from pipeline.search.tasks import agreements, cells, tries
from pipeline.search.tasks_page import draw_gradients, page
from pipeline.search.trial import Sets, code_of
from pipeline.search.work import done
from pipeline.settings import Config, budgeted, flat
from pipeline.tracks import track_named


def search_tasks(
    config: Config,
    recipe: str = "pose/ph_dwa",
    data: Path | None = None,
    sets: str | None = None,
    balances: str = "ew,dwa",
    seeds: str = "0",
    budget: int = 8000,
    epochs: int = 4,
    run: str = "search-tasks",
    study: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Train every set of tasks with every weighting of their losses, and write the table and a picture of gradients.

    Each is a recipe's training with other tasks, weighting and seed; what is reported is of `val`, by the weights
    that are best on `tune`. Killed anywhere, the same command resumes with the training that was cut off.

    Args:
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        data: folder of the data set
        sets: names of sets of tasks, with commas between; default: all that the track's task has
        balances: weightings of the losses, as optim.balance, with commas between; sets of one task have none
        seeds: of each training, with commas between
        budget: images seen by each training
        epochs: times that each is judged on the way, and that its gradients are looked at
        run: name of the study, and of the folder in submissions/ for table and picture
        study: URL of the database that other workers share; default: a SQLite file in that folder
        overwrite: delete the study of this name first

    Raises:
        UserError: sets, weightings or seeds that cannot be, or a data set that cannot be trained on

    Example:
        ./run.sh search tasks --data data/tango --sets P,PH --model.size 160

    Returns:
        The table.
    """
    track = track_named(config.track)
    numbers = seeds.split(",")
    if not all(seed.isdigit() for seed in numbers):
        raise UserError(f"--seeds {seeds}: expected whole numbers, with commas between.")
    base = config_of(flat(config) | budgeted(budget, epochs))
    names = sets.split(",") if sets else list(track.task.subsets)
    rows = Sets.of(track, find_data(data))
    wanted = tries(track, base, names, balances.split(","), [int(seed) for seed in numbers])
    said = f"{len(rows.fit)} images of {rows.folder} at {config.model.size} px, {budget} seen by each; figures of "
    said += f"{len(rows.val)} images of val."
    say(f"search: {len(wanted)} trainings; {said}")
    terms = Terms(track.name, flat(base), rows.hashes, code_of(track), split="val")
    with begun(run, study, terms, overwrite) as (folder, at_work):
        for ended in done(at_work, terms, rows, list(wanted.values())):
            write_text(folder / "tasks.md", page(track, cells(wanted, ended), ended, names[0], said))
            draw_gradients(folder / "gradients.png", agreements(wanted, ended))
    say(f"written: {folder / 'tasks.md'}")
    return folder / "tasks.md"
