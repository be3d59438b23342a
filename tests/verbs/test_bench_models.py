"""A table of two small rows: trained once, judged by the judge, resumed without loss."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.judging.judged import Judged
from pipeline.run_folder import run_named
from pipeline.stages.scored import truth_of
from pipeline.tracks import track_named
from pipeline.verbs.bench import bench

TABLE = """
title: Small
sets:
  small: {count: 24, val: 12, test: 0, size: 96, seed: 3}
  other: {count: 14, val: 12, test: 0, size: 96, seed: 4, domain: shifted}
values:
  optim: {epochs: 1, batch_size: 4}
rows:
  - {name: plain, words: as it is, recipe: smoke, published: {model: {size: 128}}, seeds: [0, 1]}
  - name: twice
    words: looking twice
    recipe: smoke
    values: {model: {size: 96, coarse: 32, fine: 64}}
    against: [plain]
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.yml").write_text(TABLE)
    return tmp_path / "rows.yml"


def test_a_table_is_written_row_by_row_and_resumed(table, tmp_path, capsys):
    out = tmp_path / "RESULTS.md"
    found = bench("models", table=table, only="plain", out=out)
    assert list(found) == ["plain"]
    assert "twice" not in out.read_text()
    first = run_named("plain-0").best.stat().st_mtime_ns
    found = bench("models", table=table, out=out)
    assert run_named("plain-0").best.stat().st_mtime_ns == first
    assert "trained already: submissions/plain-0" in capsys.readouterr().out
    page = out.read_text()
    for words in (
        "## small, views d4",
        "## other, views none",
        "| twice | looking twice | 1 |",
        "- twice less plain: ",
    ):
        assert words in page

    track = track_named("spark2026")
    rows = truth_of(track, tmp_path / "data/other", "val")
    places = [run_named(f"plain-{seed}").answers(tmp_path / "data/other", "val", "d4") for seed in (0, 1)]
    judged = [Judged.of(track, place.folder / "submission.zip", rows, track.judge.Rules()) for place in places]
    truth = found["plain"].figures["other", "d4"]
    for name in ("s_cls", "s_det", "s_seg", "s_acc"):
        assert truth[name] == pytest.approx(np.mean([one.figures()[name] for one in judged]))
    assert found["plain"].compute["gmac"] == pytest.approx(4 * judged[0].compute["gmac"], rel=0.1)  # 128 px, not 64
    assert found["plain"].draws["other", "d4"]["s_final"].shape == (2000,)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("words: looking twice", "wrods: looking twice", r"unknown key of a row: wrods\. Did you mean words"),
        ("against: [plain]", "against: [plane]", r"unknown row to compare with: plane\. Did you mean plain"),
    ],
)
def test_a_mistake_in_the_table_is_told_before_anything_is_made(table, tmp_path, old, new, words):
    table.write_text(TABLE.replace(old, new))
    with pytest.raises(UserError, match=words):
        bench("models", table=table)
    assert not (tmp_path / "data").exists()


def test_a_row_that_is_not_there(table):
    with pytest.raises(UserError, match=r"unknown row plan\. Did you mean plain"):
        bench("models", table=table, only="plan")
