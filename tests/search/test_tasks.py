"""Sets of tasks searched on a few tiny images, as a user types it."""

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.search.study import Outcome, Try, joined, outcomes
from pipeline.search.tasks import agreements, cells, tries
from pipeline.search.tasks_page import page
from pipeline.tracks import track_named

POSE = track_named("pose")
SIZES = ("--count", "16", "--val", "6", "--test", "0", "--size", "96", "--seed", "4")
WORDS = ["search", "tasks", "--recipe", "pose/smoke", "--sets", "P,PH", "--balances", "ew,dwa", "--seeds", "0,1"]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a rendered set that was searched with a budget of two epochs."""
    folder = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["simulate", "--track", "pose", "--out", "data/tango", *SIZES]) == 0
        assert main([*WORDS, "--budget", "18", "--epochs", "2"]) == 0
        yield folder


def trainings(here, run: str = "search-tasks") -> dict[str, Outcome]:
    study, _ = joined(f"sqlite:///{here}/submissions/{run}/study.db", run)
    names = [trial.user_attrs["name"] for trial in study.trials]
    return {one.name: one for one in outcomes(study, [Try(name) for name in names])}


def test_every_set_is_trained_with_every_weighting_and_seed(here):
    found = trainings(here)
    assert found.keys() == {"P-0", "P-1", *(f"PH-{way}-{seed}" for way in ("ew", "dwa") for seed in (0, 1))}
    assert list(found["P-0"].result["figures"]) == ["direct"]
    both = found["PH-dwa-1"]
    assert list(both.result["figures"]) == ["direct", "pnp", "mixed"]
    assert both.value == min(figures["speed_score"] for figures in both.result["figures"].values())
    assert [line["epoch"] for line in both.result["epochs"]] == [1, 2]
    assert {"norm_pose", "norm_heat", "cosine_pose_heat", "weight_heat"} <= both.result["epochs"][0].keys()
    assert both.values["seed"] == 1


def test_the_table_says_what_the_trainings_gave(here):
    lines = (here / "submissions/search-tasks/tasks.md").read_text().splitlines()
    rows = {tuple(cell.strip() for cell in line.split("|")[1:4]): line for line in lines if line.startswith("| P")}
    assert set(rows) == {("P", "none", "direct")} | {
        ("PH", way, decode) for way in ("ew", "dwa") for decode in ("direct", "pnp", "mixed")
    }
    found = trainings(here)
    scores = [[found[f"{name}-{seed}"].result["figures"][way]["speed_score"] for seed in (0, 1)]
              for name, way in (("P", "direct"), ("PH-dwa", "pnp"))]  # fmt: skip
    change = 100 * (np.mean(scores[1]) / np.mean(scores[0]) - 1)
    assert f"| {change:+.1f} % |" in rows["PH", "dwa", "pnp"]
    assert "| +0.0 % |" in rows["P", "none", "direct"]
    assert (here / "submissions/search-tasks/gradients.png").stat().st_size > 10_000


def test_what_is_done_is_not_done_again_and_what_is_new_is(here):
    before = trainings(here)
    words = "--sets P,PH --balances ew,dwa,rlw --seeds 0 --budget 18 --epochs 2"
    assert main([*WORDS[:4], *words.split()]) == 0
    after = trainings(here)
    assert after.keys() - before.keys() == {"PH-rlw-0"}
    assert all(after[name] == before[name] for name in before)  # minutes among them


def test_trainings_of_another_budget_are_another_study(here, capsys):
    assert main([*WORDS, "--budget", "9", "--epochs", "1"]) == 2
    assert "the study search-tasks has other terms; take another --run, or --overwrite" in capsys.readouterr().err
    assert len(trainings(here)) >= 6
    assert main([*WORDS[:4], "--sets", "P", "--budget", "9", "--epochs", "1", "--overwrite"]) == 0
    assert [len(one.result["epochs"]) for one in trainings(here).values()] == [1]


def test_a_training_that_diverges_is_a_line_of_the_table(here):
    words = [*WORDS[:4], "--sets", "P,PH", "--balances", "ew", "--seeds", "0", "--budget", "9", "--epochs", "1"]
    assert main([*words, "--run", "wild", "--optim.lr", "1e30"]) == 0
    table = (here / "submissions/wild/tasks.md").read_text()
    assert "- P-0 failed: training diverged" in table
    assert "- PH-ew-0 failed: training diverged" in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sets", "P,HQ"], "unknown sets of tasks HQ; there are P, PH, PB"),
        (["--balances", "dw"], "unknown optim.balance 'dw'. Did you mean dwa?"),
        (["--seeds", "one"], "expected whole numbers"),
        (["--budget", "3"], "--budget 3 --epochs 4: expected 1 epoch or more, and an image or more in each"),
        (["--epochs", "0"], "--epochs 0: expected 1 epoch or more"),
    ],
)
def test_what_cannot_be_searched_is_refused(here, words, said, capsys):
    assert main(["search", "tasks", "--recipe", "pose/smoke", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_track_with_one_set_of_tasks_has_nothing_to_search():
    with pytest.raises(UserError, match="track spark2026 learns one set of tasks"):
        tries(track_named("spark2026"), config_of(recipe_values("smoke")), ["P"], ["ew"], [0])


def test_means_are_over_seeds_and_changes_against_the_best_line_of_the_first_set():
    wanted, ended = {}, []
    for tasks, balance, seed, score in (("P", "none", 0, 1.0), ("P", "none", 1, 3.0), ("PH", "dwa", 0, 0.5)):
        name = f"{tasks}-{seed}"
        result = {"figures": {"pnp": dict.fromkeys(POSE.judge.accuracy, score)}, "minutes": 2.0}
        wanted[tasks, balance, seed] = Try(name)
        ended.append(Outcome(name, {}, {}, score, result, "", 0))
    found = cells(wanted, ended)
    assert [cell.mean("speed_score") for cell in found] == [2.0, 0.5]
    table = page(POSE, found, ended, "P", "of some")
    assert "| -75.0 % | 0.5000 | 2.0 |" in table
    assert "| +0.0 % | 1.0000 3.0000 | 2.0 |" in table


def test_gradients_are_the_mean_over_the_seeds_that_have_ended():
    cosines, wanted, ended = {"P-0": (0.5, -0.1), "P-1": (0.1, 0.3), "H-0": (0.2, 0.2)}, {}, []
    for name, values in cosines.items():
        epochs = [{"epoch": 1 + place, "norm_a": 2.0, "cosine_a_b": value} for place, value in enumerate(values)]
        wanted[name[0], "ew", int(name[2])] = Try(name)
        ended.append(Outcome(name, {}, {}, 1.0, {"figures": {}, "minutes": 1.0, "epochs": epochs}, "", 0))
    wanted |= {("P", "ew", 2): Try("P-2"), ("B", "none", 0): Try("H-0")}
    assert agreements(wanted, ended) == {
        ("P", "ew"): [{"norm_a": 2.0, "cosine_a_b": pytest.approx(value)} for value in (0.3, 0.1)],
        ("H", "ew"): [{"norm_a": 2.0, "cosine_a_b": 0.2}] * 2,
    }
