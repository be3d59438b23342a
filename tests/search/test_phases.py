"""The procedure as data: what the default one has, and every mistake at once."""

import re

import pytest

from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.search.phases import DEFAULT, procedure

LIGHT = {"model.size": 512, "model.coarse": 96, "model.fine": 128, "model.weights": "none"}
SMOKE = config_of(recipe_values("smoke"))


@pytest.mark.parametrize(("recipe", "own"), [("two_looks", LIGHT), ("lite0", {"model.weights": "none"})])
def test_the_default_has_the_published_four_phases_and_28_tries(recipe, own):
    base = config_of(recipe_values(recipe) | own)
    found = procedure(DEFAULT, base)
    names = ["learning rate", "decoder width and resolution", "augmentation and losses", "learning rate again"]
    assert [phase.name for phase in found.phases] == names
    assert sum(len(phase.tries) for phase in found.phases) == 28
    assert found.seeds == (0, 1, 2)
    space = found.space(base)
    assert space["model.coarse"][0] == base.model.coarse
    assert space["optim.lr"][:3] == [3e-3, 5e-4, 1e-3]
    assert all(len(choices) == len(set(choices)) > 1 for choices in space.values())


def test_values_are_as_the_config_has_them_and_nested_keys_are_keys(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("seeds: [4]\nphases: [{name: a, tries: [{optim: {lr: 1}}, {model.size: 96, optim.lr: 5e-3}]}]\n")
    found = procedure(path, SMOKE)
    assert found.phases[0].tries == ({"optim.lr": 1.0}, {"model.size": 96, "optim.lr": 0.005})
    assert type(found.phases[0].tries[0]["optim.lr"]) is float
    assert found.space(SMOKE) == {"optim.lr": [0.005, 1.0], "model.size": [64, 96]}


MISTAKES = """
seeds: [0, 0]
phase: []
phases:
  - name: rates
    tries: [{optim.lrr: 1}, {optim.lr: fast}, {optim.lr: -1}, {optim.epochs: 3}, {}, {optim.lr: null}]
  - name: rates
    tries: []
  - tries: [{model.size: 100}, {loss.cls: 0, loss.dice: 0, loss.bce: 0}, {model.decoder_channels: [1, 2]}]
    nmae: x
  - 7
"""


def test_all_mistakes_are_told_at_once(tmp_path):
    (tmp_path / "mine.yml").write_text(MISTAKES)
    with pytest.raises(UserError) as error:
        procedure(tmp_path / "mine.yml", SMOKE)
    lines = [line.strip() for line in str(error.value).splitlines()[1:]]
    expected = [
        "unknown key phase. Did you mean phases?",
        "seeds is [0, 0], expected different whole numbers from 0 on, one or more",
        "rates, try 1: unknown config key optim.lrr. Did you mean optim.lr?",
        "rates, try 2: .*optim.lr.*",
        "rates, try 3: optim.lr is -1.0, expected more than 0",
        "rates, try 4: optim.epochs is not for a try to change: all tries have the same budget",
        "rates, try 5 is {}, expected {config key: value}",
        "rates, try 6: no value for optim.lr: .*",
        "rates: tries is [], expected one or more of {config key: value}",
        "phase 3: name is missing",
        "phase 3: unknown key nmae. Did you mean name?",
        "phase 3, try 1: model.size is 100; it must be a positive multiple of 32.",
        "phase 3, try 2: every loss has weight 0",
        "phase 3, try 3: model.decoder_channels is a list, and a search is over single values",
        "phase 4 is 7, expected {name, tries}",
        "two phases are named 'rates'",
    ]
    assert len(lines) == len(expected)
    for line, words in zip(lines, expected, strict=True):
        assert line == words or re.fullmatch(words, line), line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["seeds is missing", "phases is missing"]),
        ("seeds: []\nphases: {}", ["seeds is []", "phases is {}, expected one or more of {name, tries}"]),
        ("seeds: [true, -1]\nphases: []", ["seeds is [True, -1]", "phases is []"]),
        ("seeds: 0\nphases: [{name: 3, tries: no}]", ["seeds is 0", "phase 1: name is 3", "phase 1: tries is 'no'"]),
    ],
)
def test_what_is_missing_or_empty(tmp_path, text, said):
    (tmp_path / "mine.yml").write_text(text)
    with pytest.raises(UserError) as error:
        procedure(tmp_path / "mine.yml", SMOKE)
    assert all(words in str(error.value) for words in said)
