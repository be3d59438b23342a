"""A search as an Optuna study: tries wait in its storage, a SQLite file or any database, and workers take them."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from pipeline.errors import UserError, offenders
from pipeline.locks import alone_in, empty
from pipeline.processes import is_alive
from pipeline.run_folder import run_named
from pipeline.search.storage import GRACE_S, shown, storage
from pipeline.sources import differences
from pipeline.tracks import track_named

FILE = "study.db"
CLOSED = "closed"  # whether the search adds nothing more
MOST_DEATHS = 3  # of workers on one try
AFOOT = (TrialState.WAITING, TrialState.RUNNING)
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Terms:
    """What all tries of a study have in common; a study of other terms is another study.

    Attributes:
        track: name of it
        base: every value of the config, which tries change
        images: hashes of the index rows, by what they are for
        code: hashes of the source files that decide what a training gives
        split: tune or val, which figures are of
        prune: whether a try that falls far behind the others is ended early
        space: config key, or another name -> what it may be; the choices of a free search
        sampler: phases, whose tries say all, or tpe, which chooses from the space
    """

    track: str
    base: dict[str, object]
    images: dict[str, str]
    code: dict[str, str]
    split: str = "tune"
    prune: bool = False
    space: dict[str, list] = field(default_factory=dict)
    sampler: str = "phases"


@dataclass(frozen=True)
class Try:
    """One training wanted.

    Attributes:
        name: unlike any other of the study
        values: of the config, over the base; what the space has is added
        params: of the space, by name; None: the sampler chooses
        prune: whether it may be ended early, where the study does that
    """

    name: str
    values: dict[str, object] = field(default_factory=dict)
    params: dict[str, object] | None = field(default_factory=dict)
    prune: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of a try.

    Attributes:
        name: of the try; values: of the config, over the base; params: of the space
        value: of the figure that is searched for; None: it was not trained to its end
        result: as search.trial gives it; empty where it was not trained to its end
        failed: why it failed; empty: it did not
        pruned_after: epochs, after which it was ended early; 0: it was not
    """

    name: str
    values: dict[str, object]
    params: dict[str, object]
    value: float | None
    result: dict
    failed: str
    pruned_after: int


@contextmanager
def begun(run: str, url: str | None, terms: Terms, overwrite: bool) -> Iterator[tuple[Path, optuna.Study]]:
    """The folder and the study of a run, for the one search that adds tries to it; workers see when it has ended.

    Args:
        run: name of both
        url: of the storage; None: a SQLite file in the folder
        terms: of the study
        overwrite: delete both first

    Raises:
        UserError: the folder is in use, the storage cannot be reached, or a study of other terms has the name.
    """
    folder = run_named(run).folder
    with alone_in(folder, "search"):
        if overwrite:
            empty(folder)
        url = url or f"sqlite:///{(folder / FILE).absolute()}"
        study = _opened(url, run, terms, overwrite)
        study.set_user_attr(CLOSED, False)
        yield folder, study
        study.set_user_attr(CLOSED, True)


def _opened(url: str, name: str, terms: Terms, overwrite: bool) -> optuna.Study:
    database = storage(url)
    if overwrite and name in optuna.get_all_study_names(database):
        optuna.delete_study(study_name=name, storage=database)
    best = track_named(terms.track).selects[1]
    study = optuna.create_study(
        study_name=name, storage=database, direction=f"{best}imize", load_if_exists=True, pruner=_pruner()
    )
    there = study.user_attrs.get("terms")
    if there is None:
        study.set_user_attr("terms", asdict(terms))
    elif there != asdict(terms):
        raise UserError(
            f"the study {name} has other terms; take another --run, or --overwrite to lose what it has found:\n"
            + offenders(differences(there, asdict(terms)))
        )
    return study


def joined(url: str, name: str) -> tuple[optuna.Study, Terms]:
    """A study that is there, to work on. Raises UserError where it is not, or the storage cannot be reached."""
    database = storage(url)
    try:
        study = optuna.load_study(study_name=name, storage=database, pruner=_pruner())
    except KeyError:
        names = ", ".join(optuna.get_all_study_names(database)) or "none"
        raise UserError(f"no study {name!r} in {shown(url)}; there: {names}.") from None
    if "terms" not in study.user_attrs:
        raise UserError(f"{name} in {shown(url)} is no study of a search of this project.")
    return study, Terms(**study.user_attrs["terms"])


def config_values(terms: Terms, outcome: Outcome) -> dict[str, object]:
    """Every value of a try's config."""
    own = {key: value for key, value in outcome.params.items() if key in terms.base}
    return terms.base | own | outcome.values


def put(study: optuna.Study, tries: Sequence[Try]) -> None:
    """Let those wait that neither wait, nor are at work, nor have ended."""
    found = _by_name(study)
    for one in tries:
        trials = found.get(one.name, [])
        if _ended(trials) is None and not any(trial.state in AFOOT for trial in trials):
            study.enqueue_trial(one.params or {}, {"name": one.name, "values": one.values, "prune": one.prune})


def outcomes(study: optuna.Study, tries: Sequence[Try]) -> list[Outcome]:
    """Of those tries that have ended, in their order."""
    found = _by_name(study)
    ended = (_ended(found.get(one.name, [])) for one in tries)
    return [_outcome(trial) for trial in ended if trial is not None]


def ended_names(study: optuna.Study) -> set[str]:
    """Of all tries that have ended."""
    return {name for name, trials in _by_name(study).items() if _ended(trials) is not None}


def closed(study: optuna.Study) -> bool:
    """Whether the search has ended that adds tries to it."""
    return study.user_attrs.get(CLOSED, False)


def waiting(study: optuna.Study) -> bool:
    """Whether there is a try to take."""
    return bool(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))


def bury(study: optuna.Study) -> None:
    """Fail tries at work whose worker is dead: one of this machine by its process, others by their silence.

    One that never said who it is died as soon as it had taken its try.
    """
    optuna.storages.fail_stale_trials(study)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        host, _, process = trial.user_attrs.get("worker", "").rpartition(":")
        nameless = not process and (datetime.now() - trial.datetime_start).total_seconds() > GRACE_S
        if nameless or (host == platform.node() and not is_alive(int(process))):
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)


def this_worker() -> str:
    """Machine and process."""
    return f"{platform.node()}:{os.getpid()}"


def _pruner() -> optuna.pruners.BasePruner:
    """Ends the worst quarter at each epoch, once four are there to compare with."""
    return optuna.pruners.PercentilePruner(75.0, n_startup_trials=4, n_warmup_steps=1, n_min_trials=4)


def _by_name(study: optuna.Study) -> dict[str, list[FrozenTrial]]:
    found: dict[str, list[FrozenTrial]] = {}
    for trial in study.get_trials(deepcopy=False):
        if name := trial.user_attrs.get("name"):
            found.setdefault(name, []).append(trial)
    return found


def _ended(trials: list[FrozenTrial]) -> FrozenTrial | None:
    ended = [trial for trial in trials if trial.state in ENDED or "failed" in trial.user_attrs]
    dead = [trial for trial in trials if trial.state == TrialState.FAIL and "interrupted" not in trial.user_attrs]
    return ended[0] if ended else (dead[-1] if len(dead) >= MOST_DEATHS else None)


def _outcome(trial: FrozenTrial) -> Outcome:
    said = trial.user_attrs
    died = "" if trial.state in ENDED else f"its worker was killed {MOST_DEATHS} times"
    whole = trial.state == TrialState.COMPLETE
    return Outcome(
        name=said["name"],
        values=said["values"],
        params=trial.params,
        value=trial.value if whole else None,
        result=said["result"] if whole else {},
        failed=said.get("failed", died),
        pruned_after=len(trial.intermediate_values) if trial.state == TrialState.PRUNED else 0,
    )
