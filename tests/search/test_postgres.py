"""Studies in PostgreSQL, a real one; where it is not installed these are left out (see tests/search/postgres.py)."""

import pytest

from pipeline.cli import main
from tests.search.postgres import cluster, missing
from tests.search.shared import share
from tests.search.tunings import WORDS, without_minutes, workplace

pytestmark = pytest.mark.skipif(bool(reason := missing()), reason=reason)
PHASES = "seeds: [0, 1]\nphases: [{name: rate, tries: [{optim.lr: 0.1}, {optim.lr: 0.05}, {optim.lr: 1.0e30}]}]"


@pytest.fixture(scope="module")
def url():
    with cluster() as url:
        yield url


def test_three_workers_share_a_study_and_one_that_is_killed_loses_only_its_try(url, tmp_path, toy_images, monkeypatch):
    monkeypatch.chdir(workplace(tmp_path, toy_images))
    share(tmp_path, url)


def test_a_search_reaches_the_table_that_it_reaches_in_a_file(url, tmp_path, toy_images, monkeypatch, capsys):
    monkeypatch.chdir(workplace(tmp_path, toy_images, PHASES))
    assert main([*WORDS, "--run", "in-file"]) == 0
    assert main([*WORDS, "--run", "in-database", "--study", url]) == 0
    assert without_minutes(tmp_path, "in-database") == without_minutes(tmp_path, "in-file")
    assert main([*WORDS, "--run", "in-database", "--study", url]) == 0
    assert "4 different tries have ended before" in capsys.readouterr().out
    assert main(["search", "worker", url, "absent"]) == 2
    assert "in-database" in capsys.readouterr().err
