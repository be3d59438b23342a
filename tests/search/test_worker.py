"""Workers beside a search: real processes on one SQLite file, and what they refuse."""

import pytest
from optuna.trial import TrialState

from pipeline.cli import main
from pipeline.search import study as studies
from pipeline.search.study import begun, bury, ended_names, put
from pipeline.search.work import helped
from tests.search.shared import TRIES, share, terms_of
from tests.search.tunings import workplace
from tests.toy.data import numbers


@pytest.fixture
def here(tmp_path, toy_images, monkeypatch):
    monkeypatch.chdir(workplace(tmp_path, toy_images))
    return tmp_path


def test_three_workers_share_a_study_and_one_that_is_killed_loses_only_its_try(here):
    share(here, f"sqlite:///{here}/study.db")


def test_a_worker_ends_when_nothing_comes_and_when_the_search_has_ended(here, capsys):
    terms, sets = terms_of(here)
    with begun("mine", None, terms, False) as (folder, study):
        put(study, TRIES[:2])
        assert helped(study, terms, sets, patience=0) == 2
        assert "worker: nothing came for 0 minutes" in capsys.readouterr().out
        assert ended_names(study) == {one.name for one in TRIES[:2]}
        put(study, TRIES[2:3])  # which nobody takes
    words = ["search", "worker", f"sqlite:///{folder.absolute()}/study.db", "mine"]
    assert main(words) == 0
    assert "worker: 0 tries taken" in capsys.readouterr().out
    assert len(ended_names(study)) == 2


def test_a_try_whose_worker_died_before_it_said_its_name_is_freed(here, monkeypatch):
    terms, _ = terms_of(here)
    with begun("mine", None, terms, False) as (_, study):
        put(study, TRIES[:1])
        study.ask()
        bury(study)
        assert study.trials[0].state == TrialState.RUNNING  # it may be about to say it
        monkeypatch.setattr(studies, "GRACE_S", -1)
        bury(study)
        assert study.trials[0].state == TrialState.FAIL
        put(study, TRIES[:1])
        assert study.trials[1].user_attrs["name"] == TRIES[0].name


def test_other_images_are_refused(here, capsys):
    terms, _ = terms_of(here)
    with begun("mine", None, terms, False) as (folder, study):
        put(study, TRIES[:1])
    numbers(here / "other", train=90)
    words = ["search", "worker", "--study", f"sqlite:///{folder.absolute()}/study.db", "--run", "mine"]
    assert main([*words, "--data", "other"]) == 2
    assert "images fit of other, images tune of other, images val of other" in capsys.readouterr().err
    assert not ended_names(study)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///none.db", "no study 'mine' in sqlite:///none.db; there: none."),
        ("sqlite:////no/folder/x.db", "the study's storage sqlite:////no/folder/x.db cannot be reached"),
        ("study.db", "the study's storage 'study.db' cannot be reached"),
        ("mysql://me:secret@host/x", "no driver for the study's storage mysql://me:***@host/x."),
        ("postgres://host/x", "`.venv/bin/pip install pg8000` and a URL that begins with postgresql+pg8000://"),
    ],
)
def test_a_storage_without_the_study_is_refused(tmp_path, monkeypatch, capsys, url, said):
    monkeypatch.chdir(tmp_path)
    assert main(["search", "worker", url, "mine"]) == 2
    assert said in capsys.readouterr().err
