"""The start of a research: the worktree, the unchanged candidate measured from several seeds, and what is frozen."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from string import Template

from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.progress import say
from pipeline.research.candidate import BUDGET, config_for, first_text
from pipeline.research.frozen import Frozen, checksums
from pipeline.research.git import git
from pipeline.research.ledger import BASELINE, DIGITS, Row, write_rows
from pipeline.research.place import Place, checkout, committed, made
from pipeline.research.process import measured
from pipeline.search.spread import spread
from pipeline.settings import Config, budgeted, flat
from pipeline.sources import ROOT
from pipeline.tracks import track_named

PROGRAM = ROOT / "templates" / "program.md"


def started(
    place: Place,
    config: Config,
    recipe: str,
    data: Path,
    budget: int,
    epochs: int,
    seeds: Sequence[int],
    limit_minutes: float,
    overwrite: bool,
) -> Frozen:
    """Make all files of a research; frozen.json comes last, and what was cut off before it is begun anew.

    Args:
        place: of the research
        config: every value, before the budget's and the seed's
        recipe: whose it is
        data: folder of the data set
        budget: images seen by an experiment
        epochs: in which they are seen
        seeds: of the unchanged candidate; the first is that of all experiments
        limit_minutes: of wall clock for an experiment
        overwrite: delete folder, worktree and branch first

    Raises:
        UserError: no checkout, what is there already, or an unchanged candidate that cannot be trained.
    """
    track = track_named(config.track)
    values = flat(config) | budgeted(budget, epochs) | {"seed": seeds[0], "fit_on": "train"}
    config_for(values, {})
    made(place, overwrite)
    head = git(place.worktree, "rev-parse", "HEAD").strip()
    _say_uncommitted(head)
    usual = flat(type(config)())
    own = {key: value for key, value in values.items() if value != usual[key] and key not in BUDGET}
    text = first_text(own)
    write_text(place.candidate, text)
    commit = committed(place, head, f"start of {place.folder.name}: recipe {recipe}", 0)
    say(f"research: {len(seeds)} trainings of the unchanged candidate, {budget} images each; log in {place.log(0)}")
    found = measured(place, 0, text, values, seeds, str(data.resolve()), None, limit_minutes * len(seeds))
    if found["status"] != "done":
        raise UserError(f"the unchanged candidate was not measured: {found['reason']}")
    headline, best = track.judge.headline, track.selects[1]
    rows = _rows(found["trainings"], seeds, commit)
    frozen = Frozen(
        commit=head,
        headline=headline,
        best=best,
        spread=round(spread([row.value for row in rows]), DIGITS),
        seed=seeds[0],
        budget=budget,
        epochs=epochs,
        limit_minutes=limit_minutes,
        data=str(data.resolve()),
        images=found["images"],
        values=values,
        files=checksums(place.worktree),
    )
    write_rows(place.results, rows, headline)
    write_text(place.program, program(place, frozen, recipe, [row.value for row in rows]))
    frozen.write(place)
    place.pending.unlink()
    return frozen


def program(place: Place, frozen: Frozen, recipe: str, values: Sequence[float]) -> str:
    """The rules, in words, with this research's paths and numbers."""
    track = track_named(str(frozen.values["track"]))
    keys = {key: value for key, value in frozen.values.items() if key not in BUDGET}
    return Template(PROGRAM.read_text(encoding="utf-8")).substitute(
        run=place.folder.name,
        folder=place.folder,
        stand=Path.cwd(),
        front=shlex.quote(str(checkout() / "run.sh")),
        recipe=recipe,
        track=track.name,
        headline=frozen.headline,
        words=track.judge.words.get(frozen.headline, "the track's score"),
        better="higher" if frozen.best == "max" else "lower",
        values=", ".join(f"{value:.6f}" for value in values),
        first=f"{values[0]:.6f}",
        spread=f"{frozen.spread:.6f}",
        needed=f"{frozen.needed():.6f}",
        seed=frozen.seed,
        budget=frozen.budget,
        epochs=frozen.epochs,
        limit=f"{frozen.limit_minutes:g}",
        data=frozen.data,
        taken=", ".join(f"`{key}`" for key in BUDGET),
        keys="\n".join(f"{key}: {value}" for key, value in keys.items()),
    )


def _rows(trainings: list[dict], seeds: Sequence[int], commit: str) -> list[Row]:
    return [
        Row(
            experiment=0,
            commit=commit[:12],
            value=round(found["value"], DIGITS),
            mparams=found["mparams"],
            gmac=found["gmac"],
            minutes=found["minutes"],
            status=BASELINE,
            by="start",
            description=f"unchanged, seed {seed}",
        )
        for found, seed in zip(trainings, seeds, strict=True)
    ]


def _say_uncommitted(head: str) -> None:
    """The judge is of a commit: what is newer in the checkout does not judge."""
    found = git(checkout(), "status", "--porcelain", "--", "pipeline").splitlines()
    if found:
        first = f"{found[0][3:]}{' ...' if len(found) > 1 else ''}"
        say(f"note: the judge is of commit {head[:12]}, without {len(found)} uncommitted changes ({first})")
