"""Names of all files of a run, and which run, data set and views are meant when nothing is said.

`data/` and `submissions/` are those of the current folder.
"""

import dataclasses
import importlib.metadata
import platform
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import drop_leftovers, read_json, write_json

DATA = Path("data")
SUBMISSIONS = Path("submissions")
SET_MARKS = (  # any of these makes a folder a data set
    *("train.csv", "val.csv", "images", "camera.json", "index.parquet"),
    *("train.json", "train/train.csv", "val/val.csv"),
)
VIEWS = "views.json"
PACKAGES = (
    *("torch", "segmentation-models-pytorch", "timm", "albumentations", "torchjd"),
    *("numpy", "opencv-python-headless"),
)


@dataclasses.dataclass(frozen=True)
class Run:
    """The folder of one training run, submissions/<name>."""

    folder: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def config(self) -> Path:
        """The whole resolved config."""
        return self.folder / "config.yaml"

    @property
    def last(self) -> Path:
        """All that resuming needs."""
        return self.folder / "checkpoints" / "last.ckpt"

    @property
    def best(self) -> Path:
        """The best weights."""
        return self.folder / "checkpoints" / "best.safetensors"

    @property
    def metrics(self) -> Path:
        """A JSON line an epoch."""
        return self.folder / "metrics.jsonl"

    @property
    def curves(self) -> Path:
        """The same as a picture."""
        return self.folder / "curves.png"

    def answers(self, data: Path, split: str, tta: str) -> "Answers":
        """The folder of this run's predictions for a split of a data set."""
        return Answers(self.folder / f"{data.resolve().name}-{split}-{tta}", tta)

    @property
    def seen(self) -> Path:
        """The images it was fitted on and selected on: image_id, content_hash, and use, fit or tune."""
        return self.folder / "seen.parquet"

    def ask(self, data: Path, split: str, tta: str) -> None:
        """Note the views that were last asked for, of this split of this set and of all."""
        path = self.folder / VIEWS
        said = read_json(path)
        of = f"{data.resolve().name}-{split}"
        if list(said.items())[-1:] != [(of, tta)]:
            said.pop(of, None)
            write_json(path, said | {of: tta})  # the last one stands last

    def views(self, data: Path, split: str, tta: str | None) -> str:
        """The views meant, said in a line where they were not given: those last asked for, for this split if it was."""
        if tta is not None:
            return tta
        said = read_json(self.folder / VIEWS)
        of = f"{data.resolve().name}-{split}"
        if not said:
            print("views: none, as nothing was predicted yet (--tta names others)")
            return "none"
        last = of if of in said else list(said)[-1]
        print(f"views: {said[last]}, as last asked for {last} (--tta names others)")
        return said[last]


@dataclasses.dataclass(frozen=True)
class Answers:
    """The folder of one set of predictions, submissions/<run>/<set>-<split>-<tta>, and the views averaged."""

    folder: Path
    tta: str

    @property
    def predictions(self) -> Path:
        """One row per image."""
        return self.folder / "predictions.parquet"

    @property
    def parts(self) -> Path:
        """Folder of finished parts of predictions that are still being made."""
        return self.folder / "parts"


def find_data(data: Path | None) -> Path:
    """The folder of the data set meant: the one given, or the only one in data/ beside the demo's.

    Raises:
        UserError: it does not exist, there is none, or there are several.
    """
    if data is not None:
        if not data.is_dir():
            raise UserError(f"no folder {data.absolute()}. --data takes the folder of a data set, such as data/sim.")
        return data
    sets = [path for path in sorted(DATA.glob("*")) if any((path / mark).exists() for mark in SET_MARKS)]
    if not sets:
        raise UserError(
            f"no data set in {DATA.absolute()}: make one with `./run.sh simulate --out data/sim` "
            "or fetch the real one with `./run.sh download`."
        )
    if len(sets) == 2 and DATA / "demo" in sets:
        sets.remove(DATA / "demo")
        print(f"data set: {sets[0]} (the demo's is left aside)")
    if len(sets) > 1:
        raise UserError(f"several data sets: choose one with --data: {', '.join(map(str, sets))}")
    return sets[0]


def run_named(name: str) -> Run:
    """The run of a name, there or not. Raises UserError where the name is no plain folder name."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name):
        raise UserError(f"run name {name!r}: use letters, digits, _ . + and - only.")
    return Run(SUBMISSIONS / name)


def find_run(run: str | None) -> Run:
    """The run meant: the one named, or the newest with trained weights.

    Raises:
        UserError: there is none.
    """
    if run is not None:
        found = run_named(run)
        if not found.best.exists():
            there = ", ".join(sorted(path.parts[-3] for path in SUBMISSIONS.glob("*/checkpoints/best.safetensors")))
            raise UserError(f"no trained run {run!r} in {SUBMISSIONS.absolute()}; there: {there or 'none'}.")
        return found
    trained = sorted(SUBMISSIONS.glob("*/checkpoints/best.safetensors"), key=lambda path: path.stat().st_mtime)
    if not trained:
        raise UserError(f"no trained run in {SUBMISSIONS.absolute()}: run `./run.sh train` first.")
    return Run(trained[-1].parents[1])


@contextmanager
def recorded(folder: Path, stage: str, **facts: object) -> Iterator[dict]:
    """Write what a stage ran on into the folder's manifest.json once it has ended well; `facts` may grow meanwhile."""
    began = time.time()
    drop_leftovers(folder)
    yield facts
    manifest = read_json(folder / "manifest.json")
    manifest[stage] = {
        "command": shlex.join(sys.argv),
        **facts,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "git_commit": _commit(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began, 1),
    }
    write_json(folder / "manifest.json", manifest)


def manifest_of(folder: Path, stage: str) -> dict:
    """What `recorded` wrote for a stage, or an empty dict."""
    return read_json(folder / "manifest.json").get(stage, {})


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of this code, where it is a git checkout and git is installed."""
    root = Path(__file__).parents[1]
    try:
        said = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return said.stdout.strip() or None
