"""Values of a config tried one after the other, in phases or as a sampler chooses: what is tried, and which is best."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import optuna

from pipeline.config import config_of, refuse_impossible
from pipeline.contracts import Track
from pipeline.engine.training import balance_of
from pipeline.errors import UserError
from pipeline.search.phases import Phase, Procedure
from pipeline.search.spread import spread
from pipeline.search.study import Outcome, Terms, Try, config_values
from pipeline.search.trial import Sets
from pipeline.search.work import done
from pipeline.settings import Config, budgeted, flat
from pipeline.tracks import track_named

BASE, FREE = "base", "free"  # phases that are in no file


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        phase: name of it
        wanted: the try; two lines of the same values have the same
        changed: what is tried, by config key
        start: name of the try that it is a change of; empty: it is the base
        ranked: whether it may be the best; of the base the first seed alone, lest luck be taken for a gain
        outcome: what became of it; None: it has not ended
    """

    phase: str
    wanted: Try
    changed: dict[str, object] = field(default_factory=dict)
    start: str = ""
    ranked: bool = True
    outcome: Outcome | None = None


def base_of(track: Track, config: Config, images: int, epochs: int, seed: int) -> Config:
    """The config that tries change: with the budget of all of them.

    Raises:
        UserError: no search trains it, or nothing does; a budget that cannot be.
    """
    if config.fit_on != "train":
        raise UserError(f"fit_on is {config.fit_on}, and a search fits on train: add --fit-on train.")
    base = config_of(flat(config) | budgeted(images, epochs) | {"seed": seed})
    refuse_impossible(base)
    balance_of(track.task, base)
    return base


def tuned(study: optuna.Study, terms: Terms, sets: Sets, plan: Procedure, free: int) -> Iterator[list[Line]]:
    """Have the base trained, and then all that is tried; the lines known so far, whenever there is more to say of them.

    Args:
        study: that they are tries of
        terms: of the study; its sampler says whether what is tried is the procedure's, or chosen freely
        sets: index rows
        plan: seeds of the base, and phases
        free: how many are tried freely
    """
    by_phase = [partial(_phase, terms, phase) for phase in plan.phases]
    steps: list[Callable] = [partial(_base, terms, plan.seeds)]
    steps += by_phase if terms.sampler == "phases" else [partial(_free, terms, free)]
    lines: list[Line] = []
    for more in steps:
        lines += more(lines)
        different = {line.wanted.name: line.wanted for line in lines}
        for ended in done(study, terms, sets, list(different.values())):
            by_name = {outcome.name: outcome for outcome in ended}
            lines = [_with(terms, line, by_name.get(line.wanted.name)) for line in lines]
            yield lines


def total(terms: Terms, plan: Procedure, free: int) -> int:
    """How many lines there will be."""
    tried = sum(len(phase.tries) for phase in plan.phases)
    return len(plan.seeds) + (tried if terms.sampler == "phases" else free)


def best(track: Track, lines: Sequence[Line]) -> Line | None:
    """The first of those with the best value; None where nothing was trained to its end."""
    pick = max if track.selects[1] == "max" else min
    trained = [line for line in lines if line.ranked and line.outcome and line.outcome.value is not None]
    return pick(trained, key=lambda line: line.outcome.value, default=None)


def gain(track: Track, lines: Sequence[Line], line: Line) -> float | None:
    """By how much a line is better than what it is a change of; None where either has no value."""
    values = {each.wanted.name: each.outcome.value for each in lines if each.outcome}
    one, other = values.get(line.wanted.name), values.get(line.start)
    if one is None or other is None:
        return None
    return one - other if track.selects[1] == "max" else other - one


def base_spread(lines: Sequence[Line]) -> float | None:
    """Of the base over its seeds, as far as they are trained."""
    ended = [line.outcome.value for line in lines if line.phase == BASE and line.outcome]
    return spread([value for value in ended if value is not None])


def same_as(lines: Sequence[Line], position: int) -> int | None:
    """Where the first line stands that has the values of this one, if it is another."""
    outcome = lines[position].outcome
    alike = (
        place
        for place, line in enumerate(lines[:position])
        if outcome and line.outcome and (line.outcome.params, line.outcome.values) == (outcome.params, outcome.values)
    )
    return next(alike, None)


def changes(terms: Terms, values: dict[str, object]) -> dict[str, object]:
    """What of a config's values is not the base's."""
    return {key: value for key, value in values.items() if value != terms.base[key]}


def words(changed: dict[str, object]) -> str:
    """Config keys and their values on a line."""
    return ", ".join(f"{key} {value}" for key, value in changed.items()) or "nothing"


def _base(terms: Terms, seeds: Sequence[int], _: list[Line]) -> list[Line]:
    usual = {key: choices[0] for key, choices in terms.space.items()}
    names = [BASE, *(f"{BASE}, seed {seed}" for seed in seeds[1:])]
    own = [{}, *({"seed": seed} for seed in seeds[1:])]
    return [
        Line(BASE, Try(name, changed, usual, prune=False), {"seed": seed}, ranked=name == BASE)
        for name, changed, seed in zip(names, own, seeds, strict=True)
    ]


def _phase(terms: Terms, phase: Phase, before: list[Line]) -> list[Line]:
    """The tries of a phase, from the best before; of the same values as one before, they are that one."""
    start = best(track_named(terms.track), before) or before[0]
    lines = []
    for changed in phase.tries:
        params = start.wanted.params | changed
        own = changes(terms, params)
        known = next((line.wanted for line in before if line.ranked and line.wanted.params == params), None)
        wanted = known or Try(words(own), params=params)
        lines.append(Line(phase.name, wanted, changed, start.wanted.name))
    return lines


def _free(terms: Terms, count: int, _: list[Line]) -> list[Line]:
    return [Line(FREE, Try(f"{FREE} {number}", params=None), start=BASE) for number in range(1, count + 1)]


def _with(terms: Terms, line: Line, outcome: Outcome | None) -> Line:
    """The line with what became of it; what a sampler has chosen is known only then."""
    if outcome and line.wanted.params is None:
        line = replace(line, changed=changes(terms, config_values(terms, outcome)))
    return replace(line, outcome=outcome)
