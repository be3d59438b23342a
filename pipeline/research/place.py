"""Where a research's files lie, and the git worktree that its experiments are commits of."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError, command
from pipeline.files import write_json
from pipeline.locks import FILE, empty
from pipeline.research.git import git, has
from pipeline.run_folder import run_named
from pipeline.sources import ROOT

CHECKOUT = ROOT.parent  # of this code
CANDIDATE = "candidate.py"


@dataclass(frozen=True)
class Place:
    """The folder of a research, submissions/<run>."""

    folder: Path

    @classmethod
    def named(cls, run: str) -> "Place":
        """That of a name, there or not. Raises UserError where the name is no plain folder name."""
        return cls(run_named(run).folder.absolute())

    @property
    def branch(self) -> str:
        """That the worktree is on; its tip is the incumbent."""
        return f"research/{self.folder.name}"

    @property
    def refs(self) -> str:
        """Below which every experiment's commit is kept from git's clearing up."""
        return f"refs/research/{self.folder.name}/"

    @property
    def worktree(self) -> Path:
        """The judge's own copy of the code."""
        return self.folder / "worktree"

    @property
    def candidate(self) -> Path:
        """The one editable file."""
        return self.worktree / CANDIDATE

    @property
    def program(self) -> Path:
        """The rules, for whoever experiments."""
        return self.folder / "program.md"

    @property
    def frozen(self) -> Path:
        """What no experiment may change; written last by `research start`."""
        return self.folder / "frozen.json"

    @property
    def results(self) -> Path:
        """A line for each experiment."""
        return self.folder / "results.tsv"

    @property
    def pending(self) -> Path:
        """The experiment at work; there only meanwhile, or where it was killed."""
        return self.folder / "pending.json"

    @property
    def result(self) -> Path:
        """What the measuring process has found."""
        return self.folder / "result.json"

    def log(self, experiment: int) -> Path:
        """All that the measuring process printed; 0: of the unchanged candidate."""
        return self.folder / "logs" / f"{experiment}.log"

    def is_unfinished(self) -> bool:
        """Whether `research start` was cut off here."""
        return self.pending.exists() and not self.frozen.exists()


def checkout() -> Path:
    """The git checkout that this code runs from. Raises UserError where there is none."""
    try:
        top = Path(git(CHECKOUT, "rev-parse", "--show-toplevel").strip())
    except UserError as error:
        raise _no_checkout(str(error)) from error
    if top.resolve() != CHECKOUT.resolve() or not has(CHECKOUT, "HEAD"):
        raise _no_checkout(f"{CHECKOUT} is not the top of one, or has no commit")
    return CHECKOUT


def _no_checkout(found: str) -> UserError:
    return UserError(
        f"research needs a git checkout of this project, of which its judge is a copy: {found}. Clone it, or run "
        "`git init`, `git add .` and `git commit` in it."
    )


def made(place: Place, overwrite: bool) -> None:
    """Add the worktree, of HEAD on a branch of its own; nothing of the checkout is touched.

    Raises:
        UserError: the folder or the branch is there already, and is not to be overwritten.
    """
    root = checkout()
    if overwrite or place.is_unfinished():
        _removed(place, root)
    there = [str(path) for path in sorted(place.folder.iterdir()) if path.name != FILE][:1]
    there += [f"the branch {place.branch}"] if has(root, f"refs/heads/{place.branch}") else []
    if there:
        again = command("research", "start", "--run", place.folder.name, "--overwrite")
        raise UserError(f"{' and '.join(there)} is there already: take another --run, or lose it by `{again}`.")
    write_json(place.pending, {"experiment": 0})
    git(root, "worktree", "add", "--quiet", "-b", place.branch, str(place.worktree), "HEAD")


def _removed(place: Place, root: Path) -> None:
    """Delete branch, worktree and folder; git refuses, before anything, where the branch is checked out elsewhere."""
    if not place.worktree.exists() and has(root, f"refs/heads/{place.branch}"):
        git(root, "branch", "--quiet", "-D", place.branch)
    empty(place.folder)
    git(root, "worktree", "prune")
    if has(root, f"refs/heads/{place.branch}"):
        git(root, "branch", "--quiet", "-D", place.branch)
    for name in git(root, "for-each-ref", "--format=%(refname)", place.refs).split():
        git(root, "update-ref", "-d", name)


def committed(place: Place, onto: str, message: str, experiment: int) -> str:
    """The candidate alone as a commit onto another, on the branch; its hash."""
    back_to(place, onto, keep=True)
    git(place.worktree, "add", "--force", "--", CANDIDATE)
    git(place.worktree, "commit", "--quiet", "--allow-empty", "--message", message)
    commit = git(place.worktree, "rev-parse", "HEAD").strip()
    git(place.worktree, "update-ref", f"{place.refs}{experiment}", commit)
    return commit


def committed_as(place: Place, experiment: int) -> str | None:
    """The commit of an experiment; None: it has none."""
    name = f"{place.refs}{experiment}"
    return git(place.worktree, "rev-parse", name).strip() if has(place.worktree, name) else None


def back_to(place: Place, commit: str, keep: bool = False) -> None:
    """Move the branch to a commit, and all tracked files with it, or, to `keep` them as they are, none.

    Raises:
        UserError: the worktree is gone, or on another branch.
    """
    if not (place.worktree / ".git").exists():
        again = command("research", "start", "--run", place.folder.name, "--overwrite")
        raise UserError(f"{place.worktree} is no git worktree any more; begin anew with `{again}`.")
    on = git(place.worktree, "rev-parse", "--abbrev-ref", "HEAD").strip()
    if on != place.branch:
        raise UserError(
            f"{place.worktree} is on {on}, expected {place.branch}: `git -C {place.worktree} switch {place.branch}`."
        )
    git(place.worktree, "reset", "--quiet", "--mixed" if keep else "--hard", commit)


def candidate_at(place: Place, commit: str) -> str:
    """The text of the editable file in a commit."""
    return git(place.worktree, "show", f"{commit}:{CANDIDATE}")


def drop(place: Place, names: list[str]) -> None:
    """Delete files and folders of the worktree, by their paths below it."""
    for name in names:
        path = place.worktree / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
