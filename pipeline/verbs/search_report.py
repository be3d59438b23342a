"""search report: a static page for a search, whichever it was."""

import json
from pathlib import Path

import optuna

from pipeline.contracts import Track
from pipeline.errors import UserError
from pipeline.judging.pages import embedded, filled, write_page
from pipeline.judging.tables import number
from pipeline.run_folder import SUBMISSIONS, run_named
from pipeline.search.pareto import Point
from pipeline.search.study import FILE, Outcome, Try, joined, outcomes
from pipeline.search.study_pictures import pictures, varied
from pipeline.search.told import came, ranked
from pipeline.search.trial import best_way
from pipeline.tracks import track_named

STATES = {  # of tries, in Optuna's words and in ours
    "COMPLETE": "trained to their end",
    "PRUNED": "ended early",
    "FAIL": "failed",
    "RUNNING": "at work",
    "WAITING": "waiting",
}


def search_report(run: str, study: str | None = None) -> Path:
    """Write one static page for a search: Optuna's pictures, accuracy against compute, and the table of its tries.

    The search may still be at work; the page is of what has ended. Nothing is loaded from a network.

    Args:
        run: name of the study, and of the folder in submissions/ that gets the page
        study: URL of the database; default: the SQLite file in that folder

    Raises:
        UserError: there is no such search, or its database cannot be reached

    Example:
        ./run.sh search report --run search-architectures

    Returns:
        The page.
    """
    folder = run_named(run).folder
    if study is None and not (folder / FILE).exists():
        there = ", ".join(sorted(path.parent.name for path in SUBMISSIONS.glob(f"*/{FILE}"))) or "none"
        raise UserError(
            f"no search {run!r} in {SUBMISSIONS.absolute()}; there: {there}. --study takes the URL of one elsewhere."
        )
    found, terms = joined(study or f"sqlite:///{(folder / FILE).absolute()}", run)
    track = track_named(terms.track)
    ended = _ended(found)
    columns, rows = _table(track, found, ended)
    page = filled(
        "search.html",
        run=run,
        track=track.name,
        headline=track.judge.headline,
        best=track.selects[1],
        split=terms.split,
        states=_states(found),
        pictures=[
            {"title": one.title, "words": one.words, "source": embedded(one.png, "png") if one.png else None}
            for one in pictures(track, found, _points(track, ended))
        ],
        columns=columns,
        texts=("try", "parameters", "remark"),
        tries=rows,
        failed=[one for one in ended if one.failed],
        terms=json.dumps(found.user_attrs["terms"], indent=2),
    )
    return write_page(folder / "search.html", page)


def _ended(study: optuna.Study) -> list[Outcome]:
    trials = study.get_trials(deepcopy=False)
    named = dict.fromkeys(trial.user_attrs["name"] for trial in trials if "name" in trial.user_attrs)
    return outcomes(study, [Try(name) for name in named])


def _states(study: optuna.Study) -> str:
    """How many tries are in which state, in words."""
    states = [trial.state.name for trial in study.get_trials(deepcopy=False) if "name" in trial.user_attrs]
    return ", ".join(f"{states.count(name)} {words}" for name, words in STATES.items() if name in states) or "none yet"


def _points(track: Track, ended: list[Outcome]) -> list[Point]:
    found = []
    for one in (outcome for outcome in ended if outcome.result):
        value = one.result["figures"][best_way(track, one.result)[0]][track.selects[0]]
        kind = str(one.params.get("encoder", one.values.get("model.encoder", "")))
        found.append(Point(one.name, one.result["gmac"], one.result["mparams"], value, kind))
    return found


def _table(track: Track, study: optuna.Study, ended: list[Outcome]) -> tuple[list[str], list[dict]]:
    """Names of the columns, and a row a try: the best first, then those ended early, then those that failed."""
    figures = list(dict.fromkeys((track.judge.headline, *track.judge.accuracy)))
    params = varied(study)
    columns = ["try", *figures, "M params", "GMAC", "minutes", "remark", *params]
    order = ranked(ended, track.selects[1])
    order += sorted((one for one in ended if one not in order), key=lambda one: -one.pruned_after)
    rows = []
    for one in order:
        cells = dict.fromkeys(columns, "") | {"try": one.name, "remark": _remark(one)}
        cells |= {name: str(one.params.get(name, "")) for name in params}
        if one.result:
            way = best_way(track, one.result)[0]
            cells |= {name: number(one.result["figures"][way][name]) for name in figures}
            cells |= {"M params": f"{one.result['mparams']:.3f}", "GMAC": f"{one.result['gmac']:.3f}"}
            cells |= {"minutes": f"{one.result['minutes']:.1f}", "remark": way and f"decoded by {way}"}
        rows.append({"cells": cells, "whole": one.value is not None})
    said = any(row["cells"]["remark"] for row in rows)
    return [name for name in columns if said or name != "remark"], rows


def _remark(one: Outcome) -> str:
    """Why a try has no value; what failed has its reason below the table."""
    return "failed" if one.failed else came(one) if one.value is None else ""
