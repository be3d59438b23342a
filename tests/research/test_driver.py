"""Ten experiments that nobody watches, on the toy track: each a real training in a process of its own."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution

from pipeline.cli import main
from pipeline.config import RECIPES, config_of, recipe_values
from pipeline.errors import UserError
from pipeline.research import experiment
from pipeline.research.candidate import literal
from pipeline.research.driver import choices_of, proposal, remember
from pipeline.research.frozen import Frozen
from pipeline.research.ledger import Row, incumbent_of
from pipeline.research.place import candidate_at
from pipeline.settings import flat
from tests.research.begun import assert_at_rest, rows_of, spread
from tests.research.repository import state

CHOICES = """
optim.lr: [1e-6, 1e-3, 0.05, 1e30]
optim.clip_norm: [0.5, 1.0, 2.0]
optim.weight_decay: [1e-4, 1e-2]
"""


def test_ten_experiments_of_the_driver(root, place, monkeypatch, capsys):
    """One of them finds a judge that was edited meanwhile; whatever leaps too far is no number any more."""
    before, checkout, real, calls = len(rows_of(place)), state(root), experiment.measured, []

    def meddled(*arguments):
        found = real(*arguments)
        calls.append(found)
        if len(calls) == 4:
            (place.worktree / "pipeline/judging/means.py").write_text("")
        return found

    monkeypatch.setattr(experiment, "measured", meddled)
    spread(place, 0.01)
    (root / "choices.yml").write_text(CHOICES)
    words = ["research", "run", "--run", "toy", "--choices", "choices.yml", "--experiments"]
    assert main([*words, "10"]) == 0
    rows = rows_of(place)
    made = rows[before:]
    assert [row.by for row in made] == ["run"] * 10
    assert [row.experiment for row in made] == list(range(made[0].experiment, made[0].experiment + 10))
    assert made[3].status == "refused"
    assert made[3].reason.endswith("put back: pipeline/judging/means.py")
    rates = [literal(candidate_at(place, row.commit))["optim.lr"] for row in made]
    failed = [row.status == "failed" for row in made]
    assert any(failed)
    assert failed == [rate == 1e30 and row is not made[3] for rate, row in zip(rates, made, strict=True)]
    assert all("training diverged" in row.reason for row in made if row.status == "failed")
    best, needed = incumbent_of(rows[:before]).value, 2 * Frozen.of(place).spread
    for row in made:
        if row.value is not None:
            assert row.status == ("kept" if best - row.value > needed else "discarded")
            best = row.value if row.status == "kept" else best
    tried = [tuple(sorted(literal(candidate_at(place, row.commit)).items())) for row in made]
    assert len(set(tried)) == 10
    assert_at_rest(place)
    assert state(root) == checkout
    assert main([*words, "10"]) == 0  # they are made
    assert "0 experiments, 0 kept" in capsys.readouterr().out
    assert len(rows_of(place)) == before + 10


@pytest.mark.parametrize(("best", "worst"), [("maximize", 0.25), ("minimize", 0.5)])
def test_what_failed_is_as_bad_as_the_worst_and_what_was_refused_says_nothing(best, worst):
    study, seen = optuna.create_study(direction=best), set()
    space = {"a": CategoricalDistribution([1, 2, 3])}
    told = [(1, 0.5, "baseline"), (2, 0.25, "discarded"), (3, None, "failed"), (3, None, "refused"), (9, 0.1, "kept")]
    for a, value, status in told:
        remember(study, space, Row(1, "c", value, status=status), {"a": a}, seen)
    assert [trial.value for trial in study.trials] == [0.5, 0.25, worst, None]  # 9 is no choice
    assert seen == {(1,), (2,), (3,), (9,)}


def test_nothing_is_proposed_twice():
    study, seen = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0)), set()
    space = {"a": CategoricalDistribution([1, 2, 3]), "b": CategoricalDistribution(["x", None])}
    for _ in range(6):
        seen.add(tuple(proposal(study, space, seen).values()))
    assert len(seen) == 6
    assert proposal(study, space, seen) is None


def test_the_choices_that_are_here_are_of_the_default_recipe():
    values = flat(config_of(recipe_values("two_looks")))
    choices = choices_of(RECIPES / "choices.yml", values)
    assert len(choices) > 10
    assert values["optim.lr"] in choices["optim.lr"]


def test_choices_that_cannot_be_are_all_named(place, tmp_path):
    path = tmp_path / "choices.yml"
    path.write_text("seed: [1, 2]\noptim.lr: [-1.0, 0.1]\nloss.box: [0, 1]\noptim.clip_norm: 3\n")
    with pytest.raises(UserError, match="cannot be chosen from") as error:
        choices_of(path, Frozen.of(place).values)
    for words in ("seed: of the budget", "optim.lr: -1.0: ", "loss.box: no key", "optim.clip_norm: 3, expected a list"):
        assert words in str(error.value)
