"""A search whose process is killed in a try: the same command reaches the same table."""

import signal

import pytest

from pipeline.cli import main
from pipeline.search.study import joined
from tests.search.gated import GATED_LR
from tests.search.processes import at_gate, held, start
from tests.search.tunings import WORDS, table, trainings, without_minutes, workplace

PHASES = """
seeds: [0, 1]
phases:
  - {name: rate, tries: [{optim.lr: 0.1}, {optim.lr: 0.2}]}
  - {name: size, tries: [{model.size: 64}, {optim.lr: 0.02}]}
"""


@pytest.mark.parametrize("rate", ["0.2", "0.02"])
def test_the_same_command_reaches_the_same_table(tmp_path, monkeypatch, rate):
    folder = workplace(tmp_path, PHASES)
    monkeypatch.chdir(folder)
    assert main([*WORDS, "--run", "whole"]) == 0
    url = f"sqlite:///{folder}/submissions/killed/study.db"
    with held(folder) as gate:
        process = start(folder, *WORDS, "--run", "killed", **gate, **{GATED_LR: rate})
        trial = at_gate(url, "killed", [process])[process.pid]
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert trial.user_attrs["name"] == f"optim.lr {rate}"
    before = table(folder, "killed")
    assert len(before) == {"0.2": 3, "0.02": 5}[rate]
    assert main([*WORDS, "--run", "killed"]) == 0
    assert without_minutes(folder, "killed") == without_minutes(folder, "whole")
    assert table(folder, "killed")[:3] == before[:3]  # with their minutes: they were not trained again
    study, _ = joined(url, "killed")
    assert [trial.user_attrs["name"] for trial in study.trials].count(f"optim.lr {rate}") == 2
    assert trainings(folder, "killed").keys() == trainings(folder, "whole").keys()
    winners = [(folder / "submissions" / run / "winner.yaml").read_bytes() for run in ("killed", "whole")]
    assert winners[0] == winners[1]
