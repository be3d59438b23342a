"""The measuring process as whoever asks sees it: begun, killed after its time, and what it has written."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import make_folder, read_json
from pipeline.research.place import Place


def measured(
    place: Place,
    experiment: int,
    candidate: str,
    values: dict[str, object],
    seeds: Sequence[int],
    data: str,
    images: dict[str, str] | None,
    limit_minutes: float,
) -> dict:
    """What research.measure found with the worktree's code, or why it found nothing.

    Args:
        place: of the research
        experiment: its number
        candidate: the editable file's text
        values: of the whole config
        seeds: of a training each
        data: folder of the data set
        images: hashes of its rows; None: not known yet
        limit_minutes: of wall clock for all of it

    Returns:
        status done, failed or refused; and reason, or what research.judged gives.
    """
    asked = {"candidate": candidate, "path": str(place.candidate), "out": str(place.result)}
    asked |= {"values": values, "seeds": list(seeds), "data": data, "images": images}
    log = place.log(experiment)
    make_folder(log.parent)
    place.result.unlink(missing_ok=True)
    code, late = _run(place.worktree, json.dumps(asked), log, limit_minutes)
    try:
        found = {} if late else read_json(place.result)
    except UserError:
        found = {}
    place.result.unlink(missing_ok=True)
    if late:
        return {"status": "failed", "reason": f"killed after its {limit_minutes:g} minutes"}
    if found.get("status") not in ("done", "failed", "refused"):
        ended = f"killed by signal {-code} (9: perhaps for memory)" if code < 0 else f"ended with exit code {code}"
        return {"status": "failed", "reason": f"the measuring process {ended} and gave no result; see {log.name}"}
    return found


def _run(worktree: Path, asked: str, log: Path, limit_minutes: float) -> tuple[int, bool]:
    """Exit code, and whether it was killed for its time; it and all that it has begun end with this function."""
    environment = os.environ | {"PYTHONPATH": str(worktree), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-P", "-B", "-m", "pipeline.research.measure"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            with suppress(BrokenPipeError):  # it has ended already: its log says why
                process.stdin.write(asked.encode() + b"\n")
                process.stdin.flush()
            return process.wait(limit_minutes * 60), False
        except subprocess.TimeoutExpired:
            return 0, True
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
