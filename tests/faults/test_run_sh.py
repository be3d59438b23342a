"""run.sh on machines that lack something. python3 and df are stand-ins: the real ones cannot be made to fail here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Makes a venv whose own python logs its arguments beside run.sh, and does nothing else.
PYTHON = """#!/bin/sh
case "$*" in
  *version_info*) exit {old} ;;
  *ensurepip*) exit {bare} ;;
  --version) echo "Python 3.9.1" ;;
  "-m venv"*) mkdir -p "$4/bin"
    printf '#!/bin/sh\\necho "$*" >> "{log}"\\ncase "$*" in *pip*) exit {pip} ;; esac\\n' > "$4/bin/python"
    chmod +x "$4/bin/python" ;;
esac
"""


@pytest.fixture
def machine(tmp_path):
    """A copy of run.sh on a machine; call it with what the machine lacks."""
    house, tools = tmp_path / "house", tmp_path / "tools"
    house.mkdir()
    tools.mkdir()
    shutil.copy(ROOT / "run.sh", house)
    (house / "requirements.txt").write_text("something\n")

    def run(*arguments, free_kb=10**8, old=0, bare=0, pip=0):
        script = PYTHON.format(old=old, bare=bare, pip=pip, log=house / "log")
        for name, text in (("python3", script), ("df", f"#!/bin/sh\necho head\necho x x x {free_kb} x x\n")):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        path = f"{tools}:{os.environ['PATH']}"
        done = subprocess.run(
            [house / "run.sh", *arguments],
            env={"PATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        log = (house / "log").read_text().splitlines() if (house / "log").exists() else []
        return done, log

    run.house = house
    return run


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ({"old": 1}, "Python 3.9.1 is too old; Python 3.11 or newer is needed"),
        ({"bare": 1}, "no venv module"),
        ({"free_kb": 2 * 1024 * 1024}, "2048 MB free"),
        ({"pip": 1}, "installing requirements.txt failed"),
    ],
)
def test_what_is_missing_is_one_line_and_exit_2(machine, lacking, words):
    done, _ = machine("train", **lacking)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert words in lines[0]


def test_installed_once_and_again_when_the_requirements_change(machine):
    assert machine("train", "--run", "a b")[1] == [
        f"-m pip install --quiet --disable-pip-version-check -r {machine.house}/requirements.txt",
        "-P -m pipeline train --run a b",
    ]
    assert machine("score")[1][2:] == ["-P -m pipeline score"]
    (machine.house / "requirements.txt").write_text("something else\n")
    log = machine("score")[1][3:]
    assert log[0].startswith("-m pip install")
    assert log[1:] == ["-P -m pipeline score"]


def test_an_interrupted_installation_is_taken_up_again(machine):
    assert machine("score", pip=1)[0].returncode == 2
    python = machine.house / ".venv/bin/python"
    python.write_text(python.read_text().replace("exit 1", "exit 0"))  # pip works now, in the same .venv
    assert machine("score")[0].returncode == 0
    assert [line.split("-m ")[1].split()[0] for line in machine("score")[1]] == ["pip", "pip", "pipeline", "pipeline"]


def test_it_can_be_called_from_anywhere_and_tests_what_is_beside_it(machine):
    done, log = machine("test", "-k", "one")
    assert done.returncode == 0
    assert log[1:] == [
        "-m ruff check .",
        "-m ruff format --check --quiet .",
        "-m pytest -n auto --dist loadfile -k one",
    ]


def test_modules_of_the_folder_one_stands_in_are_not_taken_for_its_own(tmp_path):
    """The real one, whose .venv these tests run in."""
    for name in ("pipeline.py", "yaml.py", "torch.py"):
        (tmp_path / name).write_text("print('somebody else')\nraise SystemExit(7)\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [ROOT / "run.sh", "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ./run.sh <verb>")
