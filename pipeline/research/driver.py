"""Experiments without anybody: a sampler proposes values of declared choices, from what was tried before."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState, create_trial

from pipeline.errors import UserError, brief, offenders
from pipeline.research.candidate import BUDGET, config_for, literal, with_values
from pipeline.research.experiment import text_of, tried
from pipeline.research.frozen import Frozen
from pipeline.research.ledger import FAILED, INTERRUPTED, Row, incumbent_of
from pipeline.research.place import Place, candidate_at
from pipeline.yaml_files import read_yaml

ASKS = 50  # of the sampler, before the first choice that was not tried is taken

Choices = Mapping[str, list]


def choices_of(path: Path, values: dict[str, object]) -> Choices:
    """What a file of choices lets each key be.

    Args:
        path: a YAML: dotted key -> list of values
        values: every value of the config

    Raises:
        UserError: keys or values that cannot be, all of them.
    """
    found = read_yaml(path)
    wrong = [] if found else ["it has no choices"]
    for key, choices in found.items():
        if key in BUDGET:
            wrong.append(f"{key}: of the budget, which is frozen")
        elif key not in values:
            wrong.append(f"{key}: no key of this track's config")
        elif not isinstance(choices, list) or len(choices) < 2 or not all(map(_is_plain, choices)):
            wrong.append(f"{key}: {brief(choices)}, expected a list of two values or more")
        else:
            wrong += [f"{key}: {words}" for words in _impossible(key, choices, values)]
    if wrong:
        raise UserError(f"{path} cannot be chosen from:\n{offenders(wrong, 20)}")
    return found


def _is_plain(value: object) -> bool:
    return not isinstance(value, list | dict)


def _impossible(key: str, choices: list, values: dict[str, object]) -> Iterator[str]:
    for choice in choices:
        try:
            config_for(values, {key: choice})
        except UserError as error:
            yield f"{choice!r}: {' '.join(str(error).split())}"


def driven(place: Place, frozen: Frozen, rows: list[Row], choices: Choices, experiments: int) -> Iterator[Row]:
    """Experiments of the driver, until there are so many that were not interrupted; all choices tried, it ends.

    Raises:
        UserError: the candidate has edits that were not tried, or a VALUES that cannot be rewritten.
    """
    if text_of(place.candidate) != candidate_at(place, incumbent_of(rows).commit):
        raise UserError(
            f"{place.candidate} has edits that were not tried: try them (`research try`), or drop them "
            f"(`git -C {place.worktree} checkout candidate.py`)."
        )
    space = {key: CategoricalDistribution(choices[key]) for key in choices}
    sampler = optuna.samplers.TPESampler(seed=frozen.seed + len(rows), n_startup_trials=5)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=f"{frozen.best}imize", sampler=sampler)
    seen = set()
    for row in rows:
        if (row.status != INTERRUPTED and row.experiment) or row is rows[0]:
            remember(study, space, row, _params(place, frozen, row, choices), seen)
    while sum(row.by == "run" and row.status != INTERRUPTED for row in rows) < experiments:
        params = proposal(study, space, seen)
        if params is None:
            return
        text = text_of(place.candidate)
        own = literal(text)
        before = {key: own.get(key, frozen.values[key]) for key in choices}
        changes = [f"{key} {before[key]} -> {value}" for key, value in params.items() if value != before[key]]
        row = tried(place, frozen, rows, ", ".join(changes), "run", with_values(text, own | params))
        remember(study, space, row, params, seen)
        yield row


def _params(place: Place, frozen: Frozen, row: Row, choices: Choices) -> dict[str, object]:
    """What an experiment's candidate chose; nothing where it cannot be read."""
    try:
        own = literal(candidate_at(place, row.commit))
    except UserError:
        return {}
    return {key: own.get(key, frozen.values[key]) for key in choices}


def remember(study: optuna.Study, space: dict, row: Row, params: dict[str, object], seen: set) -> None:
    """Tell the sampler what came of an experiment, where that was among the choices."""
    seen.add(tuple(params.values()))
    if params and all(params[key] in space[key].choices for key in space):
        value = _worst(study) if row.status == FAILED else row.value  # else the sampler would go there again
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        study.add_trial(create_trial(state=state, value=value, params=params, distributions=space))


def _worst(study: optuna.Study) -> float | None:
    values = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    worst = min if study.direction == optuna.study.StudyDirection.MAXIMIZE else max
    return worst(values, default=None)


def proposal(study: optuna.Study, space: dict, seen: set) -> dict[str, object] | None:
    """Choices that were not tried yet; None: all were."""
    for _ in range(ASKS):
        trial = study.ask(space)
        study.tell(trial, state=TrialState.FAIL)  # what comes of it is added with its value
        if tuple(trial.params[key] for key in space) not in seen:
            return {key: trial.params[key] for key in space}
    left = (values for values in product(*(space[key].choices for key in space)) if values not in seen)
    first = next(left, None)
    return None if first is None else dict(zip(space, first, strict=True))
