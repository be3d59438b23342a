"""Real processes, killed without warning: the same command resumes to the same bytes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAIN = ["train", "--recipe", "smoke", "--optim.epochs", "4", "--optim.batch-size", "2"]


def start(folder, *arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def kill_after(process, words):
    """Kill -9 as soon as a line with these words is printed; all lines until then."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, lines
    return lines


def test_training(workplace):
    kill_after(start(workplace, *TRAIN, "--run", "killed"), "epoch 2/4")
    rest = start(workplace, *TRAIN, "--run", "killed").communicate()[0]
    assert "resuming after epoch" in rest
    start(workplace, *TRAIN, "--run", "whole").communicate()
    killed, whole = (workplace / "submissions" / name for name in ("killed", "whole"))
    for name in ("checkpoints/best.safetensors", "metrics.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert len((killed / "metrics.jsonl").read_text().splitlines()) == 4
    assert json.loads((killed / "manifest.json").read_text())["train"]["epochs"] == 4
    assert not list(killed.rglob("*.part*"))


def test_simulate(tmp_path):
    arguments = ["simulate", "--count", "24", "--size", "96", "--test", "2", "--out"]
    process = start(tmp_path, *arguments, "killed")
    while process.poll() is None and len(list((tmp_path / "killed").rglob("*_img.jpg"))) < 5:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not list((tmp_path / "killed").glob("*.csv"))
    for name in ("killed", "whole"):
        start(tmp_path, *arguments, name).communicate()
    killed, whole = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
        for folder in (tmp_path / "killed", tmp_path / "whole")
    )
    assert killed == whole
    assert len(whole) == 24 * 2 + 2 + 4
