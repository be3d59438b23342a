"""Real processes that search, a gate that holds them in a try, and a study as another process sees it."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from pipeline.search.study import joined
from tests.search.gated import AT_GATE, GATE

ROOT = Path(__file__).parents[2]
RECIPE = """
track: tests.search.gated
optim: {batch_size: 4, lr: 0.05, warmup_epochs: 0.5}
loader: {cache: false}
"""


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen:
    """A command of the pipeline, as a process of its own."""
    own = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"} | environment
    command = [sys.executable, "-m", "pipeline", *words]
    return subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=subprocess.PIPE, text=True)


@contextmanager
def held(folder: Path) -> Iterator[dict[str, str]]:
    """Hold the gate; what the environment of processes must say that are to wait at it."""
    path = folder / "gate"
    path.touch()
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield {GATE: str(path)}


def at_gate(url: str, run: str, processes: list[subprocess.Popen]) -> dict[int, FrozenTrial]:
    """Tries at work, by their process, once each of these waits at the gate."""
    for process in processes:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == f"{AT_GATE}\n":
                break
        else:
            raise AssertionError(f"{process.args} ended: {''.join(lines)}")
    trials = joined(url, run)[0].get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return {int(trial.user_attrs["worker"].rpartition(":")[2]): trial for trial in trials}
