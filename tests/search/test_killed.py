"""A search whose process is killed in a try: the same command reaches the same table."""

import signal

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
KILLED = "optim.lr 0.02"  # as it is called against the base


def test_the_same_command_reaches_the_same_table(tmp_path, toy_images, monkeypatch):
    folder = workplace(tmp_path, toy_images, PHASES)
    monkeypatch.chdir(folder)
    assert main([*WORDS, "--run", "whole"]) == 0
    url = f"sqlite:///{folder}/submissions/killed/study.db"
    with held(folder) as gate:
        process = start(folder, *WORDS, "--run", "killed", **gate, **{GATED_LR: "0.02"})
        trial = at_gate(url, "killed", [process])[process.pid]
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert trial.user_attrs["name"] == KILLED
    before = table(folder, "killed")
    assert [cells[0] for cells in before] == ["1", "2", "3", "4", "5"]
    assert main([*WORDS, "--run", "killed"]) == 0
    assert without_minutes(folder, "killed") == without_minutes(folder, "whole")
    after = [cells[:7] for cells in table(folder, "killed")]
    assert after[: len(before)] == [cells[:7] for cells in before]  # with their minutes: they were not trained again
    study, _ = joined(url, "killed")
    assert [trial.user_attrs["name"] for trial in study.trials].count(KILLED) == 2
    assert trainings(folder, "killed").keys() == trainings(folder, "whole").keys()
    winners = [(folder / "submissions" / run / "winner.yaml").read_bytes() for run in ("killed", "whole")]
    assert winners[0] == winners[1]
