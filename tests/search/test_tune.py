"""Values searched in phases on the toy's images, as a user types it."""

import json
import platform

import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.search.study import joined
from pipeline.settings import flat
from pipeline.verbs.cost import cost
from tests.search.tunings import WORDS, table, trainings, without_minutes, workplace

PHASES = """
seeds: [0, 1, 2]
phases:
  - name: rate
    tries: [{optim.lr: 0.1}, {optim.lr: 0.2}, {optim.lr: 1.0e-9}, {optim.lr: 1.0e30}, {optim.lr: 0.05}]
  - name: size
    tries: [{model.size: 64}, {model.size: 4000000}]
  - name: rate again
    tries: [{optim.lr: 0.2}, {optim.lr: 0.2, optim.momentum: 0.5}]
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory, toy_images):
    """A folder in which the search was made."""
    folder = workplace(tmp_path_factory.mktemp("tune"), toy_images, PHASES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(WORDS) == 0
        yield folder


def test_the_base_comes_first_and_each_phase_starts_from_the_best_before(here):
    found = trainings(here)
    lines = table(here)
    assert [cells[1] for cells in lines] == ["base"] * 3 + ["rate"] * 5 + ["size"] * 2 + ["rate again"] * 2
    rates = {"base": 0.05, "optim.lr 0.1": 0.1, "optim.lr 0.2": 0.2}
    first = min(rates, key=lambda name: found[name].value)
    best = {"optim.lr": rates[first], "model.size": 48, "optim.momentum": 0.9}
    at_size = [one for one in found.values() if one.params["model.size"] == 64]
    assert at_size[0].params == best | {"model.size": 64}
    if at_size[0].value < found[first].value:
        best["model.size"] = 64
    last = next(one for one in found.values() if one.params["optim.momentum"] == 0.5)
    assert last.params == best | {"optim.lr": 0.2, "optim.momentum": 0.5}
    assert {found[f"base, seed {seed}"].values["seed"] for seed in (1, 2)} == {1, 2}
    assert found["base"].params == found["base, seed 2"].params == {key: flat_base(here)[key] for key in best}


def flat_base(here):
    return flat(config_of(recipe_values(str(here / "mine.yaml"))))


def test_the_table_says_what_the_trainings_gave(here):
    found, lines = trainings(here), table(here)
    base = [found[name].value for name in ("base", "base, seed 1", "base, seed 2")]
    assert [cells[3] for cells in lines[:3]] == [f"{value:.4f}" for value in base]
    page = (here / "submissions/search-tune/tune.md").read_text()
    assert f"Spread, the largest less the smallest: {max(base) - min(base):.4f}" in page
    assert "12 of 12 have ended, 2 failed, " in page
    assert lines[3][7] == f"{base[0] - found['optim.lr 0.1'].value:+.4f}"  # less error is a gain
    within = abs(base[0] - found["optim.lr 0.1"].value) <= max(base) - min(base)
    assert ("noise" in lines[3][8]) is within


def test_what_was_tried_already_is_not_trained_again(here):
    lines = table(here)
    assert lines[7][8] == "same as 1"
    assert lines[10][8].startswith("same as ") or trainings(here)["optim.lr 0.2"].value is None
    study, _ = joined(f"sqlite:///{here}/submissions/search-tune/study.db", "search-tune")
    names = [trial.user_attrs["name"] for trial in study.trials]
    assert len(names) == len(set(names)) == 12 - sum(cells[8].startswith("same as") for cells in lines)
    assert all(set(trial.params) == {"optim.lr", "model.size", "optim.momentum"} for trial in study.trials)


def test_a_try_that_diverges_or_needs_more_memory_than_there_is_fails_and_the_search_goes_on(here):
    lines = table(here)
    assert lines[6][8].startswith("failed: training diverged: loss")
    assert lines[6][3] == ""
    assert "Failed to allocate 48000000000000 bytes" in lines[9][8]
    assert lines[11][3]


def test_what_falls_far_behind_is_ended_early(here):
    assert table(here)[5][8] == "ended early, after epoch 1"
    assert trainings(here)["optim.lr 1e-09"].value is None


def test_the_winner_as_a_recipe_gives_its_figure_again(here):
    winner = here / "submissions/search-tune/winner.yaml"
    found = trainings(here)
    ranked = {name: one.value for name, one in found.items() if one.value is not None and "seed" not in one.values}
    best = found[min(ranked, key=ranked.get)]
    assert main(["train", "--recipe", str(winner), "--run", "again"]) == 0
    lines = [json.loads(line) for line in (here / "submissions/again/metrics.jsonl").read_text().splitlines()]
    assert lines == best.result["epochs"]
    assert min(line["error"] for line in lines) == best.result["figures"][""]["error"] == best.value
    counted = cost(config_of(recipe_values(str(winner))), str(winner))
    assert (counted["mparams"], counted["gmac"]) == (best.result["mparams"], best.result["gmac"])


def test_the_same_command_has_nothing_to_do(here, capsys):
    before = trainings(here), (here / "submissions/search-tune/tune.md").read_bytes()
    assert main(WORDS) == 0
    out = capsys.readouterr().out
    assert f"{len(before[0])} different tries have ended before" in out
    assert "/12 " not in out
    assert (trainings(here), (here / "submissions/search-tune/tune.md").read_bytes()) == before


def test_a_line_a_try_is_said(here, capsys):
    (here / "short.yml").write_text("seeds: [0, 1]\nphases: [{name: rate, tries: [{optim.lr: 0.1}, {optim.lr: 0.2}]}]")
    words = [*WORDS[:4], "--phases", "short.yml", *WORDS[6:], "--run", "said"]
    assert main(words) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line[1:6] == " of 4"]
    found = trainings(here, "said")
    assert [line.partition(":")[0] for line in lines] == [
        "1 of 4, base",
        "2 of 4, base",
        "3 of 4, rate",
        "4 of 4, rate",
    ]
    assert lines[0].startswith(f"1 of 4, base: seed 0: {found['base'].value:.4f} in ")
    assert ", base, best; best " in lines[0]
    assert lines[0].endswith(" left")
    assert not lines[3].endswith(" left")
    lowest = min(one.value for name, one in found.items() if name != "base, seed 1" and one.value is not None)
    assert f"; best {lowest:.4f}, " in lines[3]


def test_a_sampler_chooses_of_all_values_and_the_same_again_where_one_was_cut_off(here):
    (here / "few.yml").write_text("seeds: [0, 1]\nphases: [{name: rate, tries: [{optim.lr: 0.1, model.size: 64}]}]")
    words = [*WORDS[:4], "--phases", "few.yml", *WORDS[6:], "--sampler", "tpe", "--tries"]
    assert main([*words, "8", "--run", "whole"]) == 0
    found = trainings(here, "whole")
    assert list(found) == ["base", "base, seed 1", *(f"free {number}" for number in range(1, 9))]
    chosen = [tuple(found[f"free {number}"].params.values()) for number in range(1, 9)]
    assert set(chosen) <= {(rate, size) for rate in (0.05, 0.1) for size in (48, 64)}
    lines = table(here, "whole")
    assert sum(cells[8].startswith("same as") for cells in lines) == 8 - len(set(chosen) - {(0.05, 48)})
    said = {(0.05, 48): "nothing", (0.1, 48): "optim.lr 0.1", (0.05, 64): "model.size 64"}
    assert [cells[2] for cells in lines[2:]] == [said.get(one, "optim.lr 0.1, model.size 64") for one in chosen]
    assert main([*words, "2", "--run", "cut"]) == 0
    study, _ = joined(f"sqlite:///{here}/submissions/cut/study.db", "cut")
    study.enqueue_trial({}, {"name": "free 3", "values": {}, "prune": True})
    study.ask().set_user_attr("worker", f"{platform.node()}:{2**22 + 1}")  # no process has this number
    assert main([*words, "8", "--run", "cut"]) == 0
    assert without_minutes(here, "cut") == without_minutes(here, "whole")
    assert len(study.trials) == 11


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "2"], "--budget 2 --epochs 3: expected 1 epoch or more, and an image or more in each"),
        (["--tries", "0"], "--tries 0: expected 1 or more"),
        (["--phases", "none.yml"], "cannot read none.yml"),
        (["--sampler", "random"], "sampler"),
        (["--fit-on", "train+val"], "fit_on is train+val, and a search fits on train"),
        (["--seed", "3", "--budget", "48"], "the study search-tune has other terms"),
    ],
)
def test_what_cannot_be_searched_is_refused(here, words, said, capsys):
    assert main([*WORDS, *words]) == 2
    assert said in capsys.readouterr().err
