"""git, whatever the machine's settings are: no hooks, no signing, an identity of its own for commits."""

import os
import subprocess
from pathlib import Path

from pipeline.errors import UserError

SETTINGS = {
    "user.name": "research",
    "user.email": "research@localhost",
    "core.hooksPath": "/dev/null",
    "core.autocrlf": "false",
    "commit.gpgsign": "false",
}


def git(folder: Path, *words: str) -> str:
    """What a git command says in a folder. Raises UserError with git's own words where it fails."""
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *settings, *words]
    try:
        done = subprocess.run(
            command, env=environment | {"LC_ALL": "C"}, capture_output=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        raise UserError("git is not installed, and experiments are kept as its commits: install it.") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UserError(f"`git {' '.join(words)}` failed in {folder}: {said}")
    return done.stdout


def has(folder: Path, name: str) -> bool:
    """Whether a repository has a commit, branch or other ref of this name."""
    try:
        git(folder, "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    except UserError:
        return False
    return True
