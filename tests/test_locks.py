"""Locks are held against real other processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.locks import FILE, HeldError, alone_in, empty

ROOT = Path(__file__).parents[1]
HOLD = """
import sys
from pathlib import Path
from pipeline.locks import alone_in
with alone_in(Path(sys.argv[1]), "train"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold():
    """Start a process that holds a folder until its standard input ends, or it is killed."""
    started = []

    def start(folder):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_is_refused_in_a_line_that_names_the_first(tmp_path, hold):
    other = hold(tmp_path / "run")
    with pytest.raises(HeldError) as error, alone_in(tmp_path / "run", "train"):
        raise AssertionError
    assert f"{tmp_path / 'run'} is in use: `train`, process {other.pid} on " in str(error.value)
    assert "\n" not in str(error.value)


def test_a_killed_process_holds_nothing(tmp_path, hold):
    other = hold(tmp_path / "run")
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (tmp_path / "run" / FILE).exists()
    with alone_in(tmp_path / "run", "train"):
        pass


def test_nothing_is_left_behind(tmp_path):
    with alone_in(tmp_path / "new" / "run", "train"):
        assert [path.name for path in (tmp_path / "new" / "run").iterdir()] == [FILE]
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "kept").touch()
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path, "train"):
        raise ZeroDivisionError
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "new"]


def test_a_forked_child_neither_inherits_nor_releases_the_lock(tmp_path):
    with alone_in(tmp_path / "run", "train"):
        child = os.fork()
        if not child:
            try:
                with alone_in(tmp_path / "run", "train"):
                    os._exit(1)
            except HeldError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        test_ = subprocess.run(
            [sys.executable, "-c", HOLD, str(tmp_path / "run")],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "HeldError" in test_.stderr


def test_emptied_but_for_the_lock_and_not_while_somebody_works_below(tmp_path, hold):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "zip").touch()
    (tmp_path / "link").symlink_to(tmp_path / "answers")
    other = hold(tmp_path / "answers")
    with alone_in(tmp_path, "train"):
        with pytest.raises(HeldError):
            empty(tmp_path)
        assert (tmp_path / "answers" / "zip").exists()
        other.communicate()
        empty(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_is_kept_is_there_all_the_while_and_folders_go_before_files(tmp_path, monkeypatch):
    for name in ("config.yaml", "manifest.json", "a.json"):
        (tmp_path / name).touch()
    (tmp_path / "checkpoints").mkdir()

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            empty(tmp_path, keep="config.yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "config.yaml", "manifest.json"]
    empty(tmp_path, keep="config.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
