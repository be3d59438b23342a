"""Small git repositories to begin a research from."""

import shutil
from pathlib import Path

from pipeline.research.git import git
from pipeline.sources import ROOT


def repository(folder: Path, *trees: str) -> Path:
    """A repository with one commit: of some folders of this one, or of a file of code."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for tree in trees:
        shutil.copytree(ROOT.parent / tree, folder / tree, ignore=shutil.ignore_patterns("__pycache__"))
    if not trees:
        (folder / "pipeline").mkdir()
        (folder / "pipeline/judge.py").write_text("answer = 42\n")
    (folder / ".gitignore").write_text("data/\nsubmissions/\n__pycache__/\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all there is")
    return folder


def state(folder: Path) -> tuple[str, ...]:
    """Commit, branch and changes of a checkout."""
    asked = ("rev-parse HEAD", "branch --show-current", "status --short")
    return tuple(git(folder, *words.split()) for words in asked)
