"""The hub itself cannot be reached in tests: its client is replaced, and nothing of the real set is known from here."""

import pytest

from pipeline.errors import UserError
from pipeline.verbs import download as verb
from pipeline.verbs.download import download


def test_a_failure_is_one_line_that_says_what_else_can_be_done(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ConnectionError("no route\nmany more lines")

    monkeypatch.setattr(verb, "snapshot_download", fail)
    with pytest.raises(UserError, match=r"SPARK-2026: no route\. .*data/README\.md.*simulate") as error:
        download(tmp_path / "set")
    assert "\n" not in str(error.value)


def test_what_is_asked_for(tmp_path, monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr(verb, "snapshot_download", lambda name, **options: asked.update(options, name=name))
    assert download(tmp_path / "set") == tmp_path / "set"
    assert asked == {"name": "CVI2-UniLU/SPARK-2026", "repo_type": "dataset", "local_dir": tmp_path / "set"}
    assert f"./run.sh index --data {tmp_path}/set" in capsys.readouterr().out
