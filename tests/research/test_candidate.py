"""The editable file as text: read without being run, its values rewritten, and what it may not say."""

from pathlib import Path

import pytest

from pipeline.config import config_of
from pipeline.errors import UserError
from pipeline.research.candidate import BudgetError, config_for, first_text, literal, module_of, with_values
from pipeline.settings import flat

TOY = flat(config_of({"track": "tests.toy.track"}))


def test_the_first_one_says_the_recipe_s_values_and_is_the_task_s_network():
    values = {"optim.lr": 3e-3, "model.encoder": "tu-lcnet_050", "model.decoder_width": None, "a": 'q"', "b": [1, 2]}
    text = first_text(values)
    assert literal(text) == values
    assert '    "optim.lr": 0.003,\n    "model.encoder": "tu-lcnet_050",\n' in text
    module = module_of(text, Path("candidate.py"))
    assert values == module.VALUES

    class Task:
        def network(self, config):
            return "net", config

    assert module.network(Task(), "config") == ("net", "config")


def test_values_are_rewritten_and_all_else_stays():
    text = (
        "# \u00fcber\nVALUES: dict = {'a': 1,  # why\n  'b': '\u00e4'}; after = '\u00f6'\n\n"
        "def network(t, c):\n    VALUES = 3\n"
    )
    changed = with_values(text, {"a": 2.5})
    assert changed == text.replace("{'a': 1,  # why\n  'b': '\u00e4'}", '{\n    "a": 2.5,\n}')
    assert literal(changed) == {"a": 2.5}


def test_the_last_assignment_counts_as_it_does_in_python():
    text = "VALUES = {'a': 1}\nVALUES = {'a': 2}\n"
    assert literal(text) == {"a": 2}
    assert literal(with_values(text, {"a": 3})) == {"a": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("VALUES = {\n", "no Python: .* line 1"),
        ("values = {}\n", "has no `VALUES = {...}`"),
        ("VALUES = dict(a=1)\n", "a dict written out"),
        ("VALUES = {'a': 1 + x}\n", "no dict of plain values"),
    ],
)
def test_values_that_cannot_be_read(text, words):
    with pytest.raises(UserError, match=words):
        literal(text)


def test_a_candidate_without_a_network():
    with pytest.raises(UserError, match=r"candidate.py has no network\."):
        module_of("VALUES = {}\n", Path("candidate.py"))


def test_its_values_go_over_the_recipe_s():
    config = config_for(TOY | {"optim.lr": 0.5}, {"optim.batch_size": 4})
    assert (config.optim.lr, config.optim.batch_size) == (0.5, 4)


@pytest.mark.parametrize("key", ["optim.epochs", "optim.images_per_epoch", "seed", "track", "fit_on"])
def test_the_budget_is_refused_by_name(key):
    with pytest.raises(BudgetError, match=f"VALUES has {key}: of the budget"):
        config_for(TOY, {key: TOY[key]})


@pytest.mark.parametrize(
    ("own", "words"),
    [({"optim.lrr": 1}, "Did you mean optim.lr"), ({"optim.lr": -1.0}, "more than 0"), ([1], "expected a dict")],
)
def test_values_that_cannot_be(own, words):
    with pytest.raises(UserError, match=words):
        config_for(TOY, own)
