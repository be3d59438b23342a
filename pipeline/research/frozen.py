"""What no experiment may change: the judge's files, the images, the budget, and what an improvement is."""

import hashlib
import importlib.machinery
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import UserError, command
from pipeline.files import read_json, write_json
from pipeline.research.git import git
from pipeline.research.place import CANDIDATE, Place

CODE = tuple(importlib.machinery.all_suffixes())  # of files that Python could import


@dataclass(frozen=True)
class Frozen:
    """frozen.json.

    Attributes:
        commit: of the checkout, that the judge is a copy of
        headline: the judge's figure that decides
        best: whether its highest value or its lowest wins, max or min
        spread: of the unchanged candidate's values over the seeds, largest less smallest
        seed: of every experiment
        budget: images seen by each
        epochs: in which they are seen; the weights best on `tune` count
        limit_minutes: of wall clock, after which an experiment is killed
        data: folder of the data set
        images: hashes of its index rows, by what they are for
        values: of the whole config, which those of a candidate go over
        files: SHA-256 of each tracked file of the worktree, but for the candidate
    """

    commit: str
    headline: str
    best: str
    spread: float
    seed: int
    budget: int
    epochs: int
    limit_minutes: float
    data: str
    images: dict[str, str]
    values: dict[str, object]
    files: dict[str, str]

    @classmethod
    def of(cls, place: Place) -> "Frozen":
        """Of a research that was started. Raises UserError where it was not."""
        start = command("research", "start", "--run", place.folder.name)
        if not place.frozen.exists():
            raise UserError(f"no research in {place.folder}: begin one with `{start}`.")
        try:
            return cls(**read_json(place.frozen))
        except TypeError as error:
            raise UserError(f"{place.frozen} was changed: {error}. Begin anew with `{start} --overwrite`.") from error

    def write(self, place: Place) -> None:
        """Write the file."""
        write_json(place.frozen, asdict(self))

    def needed(self) -> float:
        """By more than which a value must beat the incumbent's: twice the spread."""
        return 2 * self.spread

    def gain(self, value: float, incumbent: float) -> float:
        """How much better a value is, in the headline's unit; below 0: worse."""
        return value - incumbent if self.best == "max" else incumbent - value


def checksums(worktree: Path) -> dict[str, str]:
    """SHA-256 of each tracked file but the candidate, by its path."""
    names = git(worktree, "ls-files", "-z").split("\0")
    return {name: _checksum(worktree / name) for name in names if name and name != CANDIDATE}


def changed(worktree: Path, files: Mapping[str, str]) -> list[str]:
    """Paths of files that are no longer what they were, or gone."""
    return [name for name, checksum in files.items() if _checksum(worktree / name) != checksum]


def strangers(worktree: Path, files: Mapping[str, str]) -> list[str]:
    """Paths below the worktree that Python could import and that were not there at the start; caches are left out."""
    found = git(worktree, "ls-files", "--others", "-z").split("\0") + git(worktree, "ls-files", "-z").split("\0")
    added = [name for name in dict.fromkeys(found) if name and name not in files and name != CANDIDATE]
    return [
        name
        for name in added
        if "__pycache__" not in PurePosixPath(name).parts
        and (name.endswith((*CODE, "/")) or (worktree / name).is_symlink())
    ]


def caches(worktree: Path) -> list[str]:
    """Folders of compiled code below the worktree: a judge that is compiled anew is that of its files."""
    found = git(worktree, "ls-files", "--others", "-z").split("\0")
    parts = [PurePosixPath(name).parts for name in found]
    return sorted({"/".join(each[: each.index("__pycache__") + 1]) for each in parts if "__pycache__" in each})


def _checksum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
