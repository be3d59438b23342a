"""A study that three workers share, real processes, one of which is killed in its try; on any database."""

import signal
from collections import Counter
from pathlib import Path

from optuna.trial import TrialState

from pipeline.config import config_of, recipe_values
from pipeline.search.study import Terms, Try, begun, bury, outcomes, put
from pipeline.search.trial import Sets, code_of
from pipeline.settings import budgeted, flat
from tests.search.gated import TRACK
from tests.search.processes import at_gate, held, start

TRIES = [Try(f"lr {rate}", {"optim.lr": rate}) for rate in (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07)]


def terms_of(folder: Path) -> tuple[Terms, Sets]:
    """Of a study of the folder's images."""
    base = config_of(recipe_values(str(folder / "mine.yaml")) | budgeted(48, 2))
    sets = Sets.of(TRACK, folder / "data" / "numbers")
    return Terms(TRACK.name, flat(base), sets.hashes, code_of(TRACK)), sets


def share(folder: Path, url: str) -> None:
    """Three workers each take a try, one is killed, the two others train all; nothing is trained twice."""
    terms, _ = terms_of(folder)
    with begun("shared", url, terms, False) as (_, study):
        put(study, TRIES)
        with held(folder) as gate:
            workers = [start(folder, "search", "worker", url, "shared", **gate) for _ in range(3)]
            found = at_gate(url, "shared", workers)
            workers[0].send_signal(signal.SIGKILL)
            workers[0].communicate()
            bury(study)  # as the search does that wants them
            put(study, TRIES)
        for worker in workers[1:]:
            assert any("nothing waits" in line for line in worker.stdout)
        ended = outcomes(study, TRIES)
        assert [one.name for one in ended] == [one.name for one in TRIES]
        assert all(one.value is not None for one in ended)
    said = [worker.communicate(timeout=300)[0] for worker in workers[1:]]
    assert [worker.returncode for worker in workers[1:]] == [0, 0]
    trials = study.get_trials(deepcopy=False)
    done_by = Counter(trial.user_attrs["worker"] for trial in trials if trial.state == TrialState.COMPLETE)
    done_by = {int(worker.rpartition(":")[2]): count for worker, count in done_by.items()}
    assert set(done_by) == {worker.pid for worker in workers[1:]}
    assert sum(done_by.values()) == len(TRIES)
    for worker, words in zip(workers[1:], said, strict=True):
        assert f"worker: {done_by[worker.pid]} tries taken" in words
    lost = [trial.user_attrs["name"] for trial in trials if trial.state == TrialState.FAIL and trial.user_attrs]
    assert lost == [found[workers[0].pid].user_attrs["name"]]
