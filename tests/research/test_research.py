"""A research on the toy track as people and agents lead it: a real worktree, real trainings, each in a process."""

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.files import write_json
from pipeline.research.candidate import literal
from pipeline.research.experiment import opened
from pipeline.research.frozen import Frozen, checksums
from pipeline.research.git import git
from pipeline.research.judged import judged
from pipeline.research.ledger import Row, incumbent_of
from pipeline.research.place import back_to, candidate_at, committed
from pipeline.search.trial import Sets, trained
from pipeline.settings import budgeted
from pipeline.tracks import track_named
from tests.research.begun import START, TOY, assert_at_rest, edit, rows_of, spread

WAITS = "import threading\nthreading.Event().wait()\n"
BEGUN = "pipe = open({!r}, 'w')\npipe.write('begun\\n')\npipe.flush()\n"


def test_the_start_writes_what_the_unchanged_recipe_gives(root, place):
    frozen, rows = Frozen.of(place), rows_of(place)
    assert [row.description for row in rows] == ["unchanged, seed 0", "unchanged, seed 1", "unchanged, seed 2"]
    values = [row.value for row in rows]
    assert frozen.spread == round(max(values) - min(values), 6) > 0
    track = track_named(TOY)
    config = config_of(recipe_values("mine.yaml") | budgeted(48, 2) | {"seed": 0})
    sets = Sets.of(track, Path("data/numbers"))
    assert values[0] == pytest.approx(trained(track, config, sets)["figures"][""]["error"], abs=1e-6)
    assert frozen.images == sets.hashes
    assert (frozen.headline, frozen.best, frozen.seed, frozen.budget) == ("error", "min", 0, 48)
    assert (frozen.values["optim.epochs"], frozen.values["optim.images_per_epoch"]) == (2, 24)
    assert frozen.commit == git(root, "rev-parse", "HEAD").strip()
    assert frozen.files == checksums(place.worktree)
    assert {"pipeline/cli.py", "tests/toy/track.py"} < frozen.files.keys()
    assert literal(place.candidate.read_text())["optim.lr"] == 1e-6
    assert_at_rest(place)


def test_a_network_that_changes_its_config_changes_no_training(place):
    frozen = Frozen.of(place)

    def network(task, config):
        config.optim.epochs, config.optim.lr = 1, 1.0
        return task.network(config)

    found = judged(network, [config_of(frozen.values)], Path(frozen.data), frozen.images)
    assert found["trainings"][0]["value"] == pytest.approx(rows_of(place)[0].value, abs=1e-6)
    with pytest.raises(UserError, match="to tune are not those that the research was begun with"):
        judged(network, [config_of(frozen.values)], Path(frozen.data), frozen.images | {"tune": "x"})


def test_the_start_says_what_does_not_judge_and_where_the_rules_are(root, place):
    said = (root / "said.txt").read_text()
    assert "without 1 uncommitted changes (pipeline/progress.py)" in said
    assert "# not committed" not in (place.worktree / "pipeline/progress.py").read_text()
    program = place.program.read_text()
    assert f"{2 * Frozen.of(place).spread:.6f}" in program
    assert "$" not in program
    assert "optim.lr: 1e-06" in program
    assert "\noptim.epochs" not in program


def test_it_is_not_begun_twice_nor_without_a_budget(place, capsys):
    assert main(START) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*START[:-1], "two", "--seeds", "1"]) == 2
    assert "--seeds 1: expected two whole numbers or more" in capsys.readouterr().err
    assert main([*START[:-1], "two", "--budget", "1"]) == 2
    assert "--budget 1 --epochs 2: expected 1 epoch or more" in capsys.readouterr().err
    assert main([*START[:-1], "two", "--limit-minutes", "0"]) == 2
    assert "--limit-minutes 0: expected more than 0" in capsys.readouterr().err
    assert main(["research", "try", "x", "--run", "none"]) == 2
    assert "begin one with `./run.sh research start --run none`" in capsys.readouterr().err


def test_what_the_incumbent_is_is_not_measured_again(place, capsys):
    assert main(["research", "try", "nothing", "--run", "toy"]) == 2
    assert "is what the incumbent is" in capsys.readouterr().err
    assert len(rows_of(place)) == 3


def test_kept_is_what_gains_more_than_twice_the_spread(place, capsys):
    base, true_spread = rows_of(place)[0].value, Frozen.of(place).spread
    spread(place, 10.0)
    edit(place, optim__lr=0.05)
    assert main(["research", "try", "faster", "--run", "toy"]) == 0
    row = rows_of(place)[-1]
    gain = base - row.value
    assert (row.status, row.by, row.experiment) == ("discarded", "try", 1)
    assert gain > 0.01  # of a learning rate that was hopeless before
    assert_at_rest(place)
    assert candidate_at(place, row.commit).startswith("VALUES = {'optim.lr': 0.05}")
    capsys.readouterr()
    spread(place, gain / 2 - 1e-6)
    edit(place, optim__lr=0.05)
    assert main(["research", "try", "faster", "--run", "toy"]) == 0
    said = capsys.readouterr().out
    assert f"\nerror: {row.value:.6f}\n" in said
    assert f"\nstatus: kept\nincumbent: {row.value:.6f} (experiment 2, {rows_of(place)[-1].commit})\n" in said
    assert [one.status for one in rows_of(place)[3:]] == ["discarded", "kept"]
    spread(place, true_spread)
    assert_at_rest(place)


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("VALUES = {\n", "failed", "SyntaxError: '{' was never closed (candidate.py, line 1)"),
        ("VALUES = {'optim.epochs': 9}\nnetwork = 0\n", "refused", "VALUES has optim.epochs: of the budget"),
        ("raise SystemExit\n", "failed", "ended with exit code 0 and gave no result"),
        (WAITS, "failed", "killed after its 0.02 minutes"),
    ],
)
def test_what_cannot_be_measured_is_undone_with_its_reason(place, capsys, text, status, words):
    frozen = Frozen.of(place)
    replace(frozen, limit_minutes=0.02 if text == WAITS else 30.0).write(place)
    place.candidate.write_text(text)
    assert main(["research", "try", "a slip", "--run", "toy"]) == (2 if status == "refused" else 0)
    frozen.write(place)
    row = rows_of(place)[-1]
    assert (row.status, row.value) == (status, None)
    assert words in row.reason
    assert f"status: {status}\nincumbent: " in capsys.readouterr().out
    assert_at_rest(place)


def test_a_judge_that_was_edited_is_refused_and_put_back(place, capsys):
    judge = place.worktree / "tests/toy/track.py"
    judge.write_text(judge.read_text().replace("np.abs(", "0 * np.abs("))
    (place.worktree / "pipeline/torch.py").write_text("")
    edit(place, optim__lr=0.01)
    assert main(["research", "try", "a kinder judge", "--run", "toy"]) == 2
    assert "put back: tests/toy/track.py, pipeline/torch.py" in capsys.readouterr().err
    assert rows_of(place)[-1].status == "refused"
    assert_at_rest(place)


def read_from(pipe):
    """What comes next from a pipe, b"" once its other end is closed."""
    assert select.select([pipe], [], [], 600)[0]
    return os.read(pipe, 100)


def test_killed_in_the_middle(root, place, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    place.candidate.write_text(BEGUN.format(str(tmp_path / "pipe")) + WAITS)
    command = [sys.executable, "-P", "-m", "pipeline", "research", "try", "killed", "--run", "toy"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL)
    assert read_from(pipe) == b"begun\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert read_from(pipe) == b""  # the measuring process ends with it, and its end of the pipe closes
    os.close(pipe)
    text = place.candidate.read_text()
    Path("choices.yml").write_text("optim.lr: [0.1, 0.2]\n")
    assert main(["research", "run", "--run", "toy", "--choices", "choices.yml"]) == 2  # edits that were not tried
    row = rows_of(place)[-1]
    assert (row.status, row.description, row.value) == ("interrupted", "killed", None)
    assert candidate_at(place, row.commit) == text == place.candidate.read_text()  # to be tried again
    git(place.worktree, "checkout", "--quiet", "candidate.py")
    assert_at_rest(place)


def cut_off(place, number, by):
    content = {"experiment": number, "candidate": place.candidate.read_text(), "description": "x", "by": by}
    write_json(place.pending, content)


@pytest.mark.parametrize("by", ["try", "run"])
def test_cut_off_before_its_line_was_written(place, by):
    rows = rows_of(place)
    number = rows[-1].experiment + 1
    edit(place, optim__lr=number / 100)
    cut_off(place, number, by)
    commit = committed(place, incumbent_of(rows).commit, "x", number)
    assert (
        opened(place)[1] == rows_of(place) == [*rows, Row(number, commit[:12], by=by, description="x", reason="killed")]
    )
    kept = place.candidate.read_text() == candidate_at(place, commit)
    assert kept is (by == "try")  # a person's is tried again; the driver proposes anew
    git(place.worktree, "checkout", "--quiet", "candidate.py")
    assert_at_rest(place)


def test_cut_off_before_it_was_committed(place):
    rows = rows_of(place)
    edit(place, optim__lr=0.3)
    cut_off(place, rows[-1].experiment + 1, "run")
    assert opened(place)[1] == rows
    assert_at_rest(place)


def test_cut_off_after_its_line_was_written(place):
    rows = rows_of(place)
    back_to(place, rows[-1].commit)
    cut_off(place, rows[-1].experiment, "try")
    assert opened(place)[1] == rows
    assert_at_rest(place)


def test_what_was_edited_after_a_kill_is_kept(place):
    rows = rows_of(place)
    back_to(place, rows[-1].commit)
    cut_off(place, rows[-1].experiment, "run")
    edit(place, optim__lr=0.7)
    text = place.candidate.read_text()
    opened(place)
    assert place.candidate.read_text() == text
    git(place.worktree, "checkout", "--quiet", "candidate.py")
    assert_at_rest(place)


def test_a_frozen_file_of_another_kind(place, capsys):
    content = place.frozen.read_text()
    place.frozen.write_text(json.dumps(json.loads(content) | {"mercy": 1}))
    assert main(["research", "try", "x", "--run", "toy"]) == 2
    assert "was changed: " in capsys.readouterr().err
    place.frozen.write_text(content)
