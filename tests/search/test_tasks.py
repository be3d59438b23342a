"""Sets of tasks searched on a few tiny images, as a user types it."""

import json

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.search.tasks import cells, configs
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
        assert main([*WORDS, "--budget", "18"]) == 0
        yield folder


def trial(here, name: str) -> dict:
    return json.loads((here / f"submissions/search-tasks/trials/{name}.json").read_text())


def test_every_set_is_trained_with_every_weighting_and_seed(here):
    names = {path.stem for path in (here / "submissions/search-tasks/trials").iterdir()}
    assert names == {"P-0", "P-1", *(f"PH-{way}-{seed}" for way in ("ew", "dwa") for seed in (0, 1))}
    assert list(trial(here, "P-0")["figures"]) == ["direct"]
    both = trial(here, "PH-dwa-1")
    assert list(both["figures"]) == ["direct", "pnp", "mixed"]
    assert [line["epoch"] for line in both["epochs"]] == [1, 2]
    assert {"norm_pose", "norm_heat", "cosine_pose_heat", "weight_heat"} <= both["epochs"][0].keys()
    assert both["made_from"]["config"]["seed"] == 1


def test_the_table_says_what_the_trials_gave(here):
    lines = (here / "submissions/search-tasks/tasks.md").read_text().splitlines()
    rows = {tuple(cell.strip() for cell in line.split("|")[1:4]): line for line in lines if line.startswith("| P")}
    assert set(rows) == {("P", "none", "direct")} | {
        ("PH", way, decode) for way in ("ew", "dwa") for decode in ("direct", "pnp", "mixed")
    }
    scores = [[trial(here, f"{name}-{seed}")["figures"][way]["speed_score"] for seed in (0, 1)]
              for name, way in (("P", "direct"), ("PH-dwa", "pnp"))]  # fmt: skip
    change = 100 * (np.mean(scores[1]) / np.mean(scores[0]) - 1)
    assert f"| {change:+.1f} % |" in rows["PH", "dwa", "pnp"]
    assert "| +0.0 % |" in rows["P", "none", "direct"]
    assert (here / "submissions/search-tasks/gradients.png").stat().st_size > 10_000


def test_what_is_done_is_not_done_again_and_what_is_missing_or_of_another_budget_is(here, capsys):
    folder = here / "submissions/search-tasks/trials"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    kept = trial(here, "PH-ew-0")["figures"]
    (folder / "PH-ew-0.json").write_text("{")
    assert main([*WORDS, "--budget", "18"]) == 2
    assert "PH-ew-0.json is damaged" in capsys.readouterr().err
    (folder / "PH-ew-0.json").unlink()
    assert main([*WORDS, "--budget", "18"]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"PH-ew-0.json"}
    assert trial(here, "PH-ew-0")["figures"] == kept
    assert main([*WORDS[:-2], "--sets", "P", "--seeds", "0", "--budget", "9"]) == 0
    assert [line["epoch"] for line in trial(here, "P-0")["epochs"]] == [1]


def test_a_training_that_diverges_is_a_line_of_the_table(here):
    words = [*WORDS[:4], "--sets", "P,PH", "--balances", "ew", "--seeds", "0", "--budget", "9", "--run", "wild"]
    assert main([*words, "--optim.lr", "1e30"]) == 0
    table = (here / "submissions/wild/tasks.md").read_text()
    assert "- P-0 failed: training diverged" in table
    assert "- PH-ew-0 failed: training diverged" in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sets", "P,HQ"], "unknown sets of tasks HQ; there are P, PH, PB"),
        (["--balances", "dw"], "unknown optim.balance 'dw'. Did you mean dwa?"),
        (["--seeds", "one"], "expected whole numbers"),
        (["--budget", "0"], "the budget 1 or more"),
    ],
)
def test_what_cannot_be_searched_is_refused(here, words, said, capsys):
    assert main(["search", "tasks", "--recipe", "pose/smoke", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_track_with_one_set_of_tasks_has_nothing_to_search():
    with pytest.raises(UserError, match="track spark2026 learns one set of tasks"):
        configs(track_named("spark2026"), config_of(recipe_values("smoke")), ["P"], ["ew"], [0], 1)


def test_means_are_over_seeds_and_changes_against_the_best_line_of_the_first_set():
    def made(tasks, balance, seed, score):
        figures = dict.fromkeys(POSE.judge.accuracy, score)
        return {
            "tasks": tasks,
            "balance": balance,
            "seed": seed,
            "name": "",
            "figures": {"pnp": figures},
            "minutes": 2.0,
        }

    trials = [made("P", "none", 0, 1.0), made("P", "none", 1, 3.0), made("PH", "dwa", 0, 0.5)]
    assert [cell.mean("speed_score") for cell in cells(trials)] == [2.0, 0.5]
    table = page(POSE, trials, "P", "of some")
    assert "| -75.0 % | 0.5000 | 2.0 |" in table
    assert "| +0.0 % | 1.0000 3.0000 | 2.0 |" in table
