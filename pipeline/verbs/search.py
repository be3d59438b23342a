"""search: many trainings on the same images, compared on what none of them was selected by."""

from pathlib import Path
from typing import Literal

from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.locks import alone_in
from pipeline.progress import say
from pipeline.run_folder import find_data, run_named
from pipeline.search.tasks import configs
from pipeline.search.tasks import search as searched
from pipeline.search.tasks_page import draw_gradients, page
from pipeline.search.trial import Sets
from pipeline.settings import Config
from pipeline.tracks import track_named


def search(
    config: Config,
    what: Literal["tasks"] = "tasks",
    recipe: str = "pose/ph_dwa",
    data: Path | None = None,
    sets: str | None = None,
    balances: str = "ew,dwa",
    seeds: str = "0",
    budget: int = 8000,
    run: str = "search-tasks",
) -> Path:
    """Train every set of tasks with every weighting of their losses, and write the table and a picture of gradients.

    Each is a recipe's training with other tasks, weighting and seed; what is reported is of `val`, by the weights
    that are best on `tune`. Killed anywhere, the same command resumes with the training that was cut off.

    Args:
        what: tasks: which of a track's tasks to learn together
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        data: folder of the data set
        sets: names of sets of tasks, with commas between; default: all that the track's task has
        balances: weightings of the losses, as optim.balance, with commas between; sets of one task have none
        seeds: of each training, with commas between
        budget: images seen by each training; rounded to whole epochs
        run: folder below submissions for trials, table and picture

    Raises:
        UserError: sets, weightings or seeds that cannot be, or a data set that cannot be trained on

    Example:
        ./run.sh search tasks --data data/tango --sets P,PH --model.size 160

    Returns:
        The table.
    """
    track = track_named(config.track)
    numbers = seeds.split(",")
    if not all(seed.isdigit() for seed in numbers) or budget < 1:
        raise UserError(f"--seeds {seeds} --budget {budget}: expected whole numbers, the budget 1 or more.")
    names = sets.split(",") if sets else list(track.task.subsets)
    rows = Sets.of(track, find_data(data))
    epochs = max(1, round(budget / len(rows.fit)))
    chosen = configs(track, config, names, balances.split(","), [int(seed) for seed in numbers], epochs)
    place = run_named(run).folder
    said = f"{len(rows.fit)} images of {rows.folder} at {config.model.size} px, {epochs} epochs each; figures of "
    said += f"{len(rows.val)} images of val."
    say(f"search: {len(chosen)} trainings; {said}")
    with alone_in(place, "search"):
        for trials in searched(track, chosen, rows, place / "trials"):
            write_text(place / "tasks.md", page(track, trials, names[0], said))
            draw_gradients(place / "gradients.png", trials)
    say(f"written: {place / 'tasks.md'}")
    return place / "tasks.md"
