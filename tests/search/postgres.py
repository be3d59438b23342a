"""A private PostgreSQL: a cluster in a temporary folder, on a socket there, gone when no longer needed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ASKED = "SEARCH_POSTGRES"  # of the environment: `install` gets what is missing, as root of a Debian
PLACES = "/usr/lib/postgresql/*/bin/initdb"  # where Debian's package puts it
USER = "postgres"  # whom that package makes; the database does not run as root


def missing() -> str:
    """Why no cluster can be started here, once what may be installed is; empty where one can."""
    if os.environ.get(ASKED) == "install":
        if not _binaries():
            for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
                subprocess.run(["apt-get", *words], check=True, stdout=subprocess.DEVNULL)
        if not find_spec("pg8000"):
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "pg8000"], check=True)
    lacking = ([] if _binaries() else ["PostgreSQL"]) + ([] if find_spec("pg8000") else ["pg8000"])
    return f"no {' and no '.join(lacking)} here; {ASKED}=install gets it" if lacking else ""


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a database."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path may have 107 bytes
    own: dict = {}
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
        own = {"user": USER, "extra_groups": []}

    def run(name: str, *words: str) -> None:
        command = [_binaries() / name, "-D", folder / "data", *words]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **own)

    try:
        run("initdb", "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -k {folder} -F"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+pg8000://tester@/postgres?unix_sock={folder}/.s.PGSQL.5432"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    """The folder of initdb and pg_ctl, of the newest version."""
    found = sorted(Path("/").glob(PLACES.removeprefix("/")), key=lambda path: int(path.parts[4]))
    at_hand = shutil.which("initdb")
    return found[-1].parent if found else (Path(at_hand).parent if at_hand else None)
