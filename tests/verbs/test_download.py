"""The hub itself cannot be reached in tests: its client is replaced, and nothing of the real set is known from here."""

from pathlib import Path

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


def test_without_a_folder_it_is_named_after_the_track(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = {}
    monkeypatch.setattr(verb, "snapshot_download", lambda name, **options: asked.update(options, name=name))
    assert str(download()) == "data/spark2026"
    assert asked["local_dir"] == Path("data/spark2026")
    download(repository="me/mine")
    assert asked["name"] == "me/mine"


def test_a_set_that_is_not_on_the_hub_is_said_before_anything_is_asked(monkeypatch):
    monkeypatch.setattr(verb, "snapshot_download", lambda *_, **__: pytest.fail("asked"))
    with pytest.raises(UserError, match="track spark2024 is not on the Hugging Face hub"):
        download(track="spark2024")


def test_an_error_without_words_is_named(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(verb, "snapshot_download", fail)
    with pytest.raises(UserError, match="could not fetch CVI2-UniLU/SPARK-2026: TimeoutError"):
        download(tmp_path / "set")
