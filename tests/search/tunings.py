"""A search over values of the toy's recipe, and its table as cells."""

import shutil
from pathlib import Path

from pipeline.search.study import Outcome, Try, joined, outcomes
from tests.search.processes import RECIPE

WORDS = ["search", "tune", "--recipe", "mine.yaml", "--phases", "phases.yml", "--budget", "96", "--epochs", "3"]


def workplace(folder: Path, images: Path, phases: str = "") -> Path:
    """A folder with a copy of the toy's data set, a recipe and a procedure."""
    shutil.copytree(images, folder / "data" / "numbers")
    (folder / "mine.yaml").write_text(RECIPE)
    (folder / "phases.yml").write_text(phases)
    return folder


def table(folder: Path, run: str = "search-tune") -> list[list[str]]:
    """The cells of a table's lines: number, phase, changed, error, Mparams, GMAC, minutes, gain, verdict."""
    lines = (folder / "submissions" / run / "tune.md").read_text().splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")][2:]


def without_minutes(folder: Path, run: str = "search-tune") -> list[list[str]]:
    """The table, but what differs from one machine, and hour, to the next."""
    return [cells[:6] + cells[7:] for cells in table(folder, run)]


def trainings(folder: Path, run: str = "search-tune") -> dict[str, Outcome]:
    """What became of each try, by its name."""
    study, _ = joined(f"sqlite:///{folder}/submissions/{run}/study.db", run)
    names = dict.fromkeys(trial.user_attrs["name"] for trial in study.trials)
    return {one.name: one for one in outcomes(study, [Try(name) for name in names])}
