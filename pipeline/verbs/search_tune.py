"""search tune: values of a recipe tried in phases, each from the best before, or chosen by a sampler."""

from pathlib import Path
from typing import Literal

from pipeline.config import config_of
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.progress import say
from pipeline.run_folder import find_data
from pipeline.search.constant import constant
from pipeline.search.phases import DEFAULT, procedure
from pipeline.search.study import Terms, begun, config_values, ended_names
from pipeline.search.trial import Sets, code_of
from pipeline.search.tune import Line, base_of, best, total, tuned
from pipeline.search.tune_page import About, page, said
from pipeline.search.winner import write_recipe
from pipeline.settings import Config, flat
from pipeline.tracks import track_named


def search_tune(
    config: Config,
    recipe: str = "two_looks",
    data: Path | None = None,
    phases: Path | None = None,
    sampler: Literal["phases", "tpe"] = "phases",
    tries: int = 28,
    budget: int = 2000,
    epochs: int = 4,
    run: str = "search-tune",
    study: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Try values of a recipe, by a procedure in phases or freely, and write the table and the best as a recipe.

    The recipe as it is, the base, is trained with some seeds first: how far they differ says what is noise. Then each
    phase tries its changes of the best so far. All are judged on `tune`, compute paid for; those that fall far behind
    are ended early. Killed anywhere, the same command resumes with the try that was cut off.

    Args:
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        data: folder of the data set
        phases: a YAML of seeds, in place of the recipe's, and phases of tries; default: pipeline/recipes/phases.yml,
            for two looks at about 96 and 128 px
        sampler: phases, as they are written down; or tpe, which chooses freely of all values in them, learning from
            what it has tried
        tries: how many the sampler tpe chooses
        budget: images seen by each training, in place of optim.images_per_epoch
        epochs: how often each is judged on the way, in place of optim.epochs
        run: name of the study, and of the folder in submissions/ for tune.md and winner.yaml
        study: URL of the database that other workers share; default: a SQLite file in that folder
        overwrite: delete the study of this name first

    Raises:
        UserError: a mistake in the phases, values that cannot be, or a data set that cannot be trained on

    Example:
        ./run.sh search tune --data data/sim --model.size 512 --model.coarse 96 --model.fine 128

    Returns:
        The table.
    """
    if tries < 1:
        raise UserError(f"--tries {tries}: expected 1 or more.")
    track, path = track_named(config.track), phases or DEFAULT
    plan = procedure(path, base_of(track, config, budget, epochs, config.seed))
    base = base_of(track, config, budget, epochs, plan.seeds[0])
    rows = Sets.of(track, find_data(data))
    space = plan.space(base)
    terms = Terms(track.name, flat(base), rows.hashes, code_of(track), prune=True, space=space, sampler=sampler)
    by = path.name if sampler == "phases" else f"{sampler} over {path.name}"
    images = f"{len(rows.fit)} images of {rows.folder} fitted, {len(rows.tune)} of tune judged, at {base.model.size} px"
    images += f"; {budget} seen by each training in {epochs} epochs; tried by {by}."
    about = About(terms, recipe, images, constant(track, rows.fit, rows.tune), total(terms, plan, tries))
    say(f"search: {about.total} tries; {images}")
    with begun(run, study, terms, overwrite) as (folder, at_work):
        known = ended_names(at_work)
        if known:
            say(f"{len(known)} different tries have ended before")
        for lines in tuned(at_work, terms, rows, plan, tries):
            known = _say_new(about, known, lines)
            write_text(folder / "tune.md", page(about, lines))
            _write_winner(about, folder / "winner.yaml", lines)
    say(f"written: {folder / 'tune.md'}, {folder / 'winner.yaml'}")
    return folder / "tune.md"


def _say_new(about: About, known: set[str], lines: list[Line]) -> set[str]:
    """A line for each try that has ended and is not known to have; all that have."""
    for place, line in enumerate(lines):
        if line.outcome and line.wanted.name not in known:
            say(said(about, lines, place))
    return known | {line.wanted.name for line in lines if line.outcome}


def _write_winner(about: About, path: Path, lines: list[Line]) -> None:
    """The best config so far as a recipe, where there is one."""
    if found := best(about.track, lines):
        headline = about.track.judge.headline
        words = f"The best of {sum(line.outcome is not None for line in lines)} tries on tune by search tune, from "
        words += f"{about.recipe}: {headline} {found.outcome.value:.4f}."
        write_recipe(path, config_of(config_values(about.terms, found.outcome)), words)
