"""A table of two small rows: trained once, judged by the judge, resumed without loss."""

import numpy as np
import pytest

from pipeline.config import RECIPES, config_of
from pipeline.errors import UserError
from pipeline.judging.judged import Judged
from pipeline.models.look_sizes import looks_of
from pipeline.run_folder import run_named
from pipeline.stages.scored import truth_of
from pipeline.tracks import track_named
from pipeline.verbs.bench_models import _row, bench_models
from pipeline.verbs.bench_results import Result, page
from pipeline.yaml_files import read_yaml

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
    found = bench_models(table=table, only="plain", out=out)
    assert list(found) == ["plain"]
    assert "twice" not in out.read_text()
    kept, page = (tmp_path / "results/plain.json").read_bytes(), out.read_text()
    (tmp_path / "results/plain.json").unlink()
    first = run_named("plain-0").best.stat().st_mtime_ns
    bench_models(table=table, only="plain", out=out)  # trained, but not yet written down
    assert "trained already: submissions/plain-0" in capsys.readouterr().out
    assert run_named("plain-0").best.stat().st_mtime_ns == first
    assert (tmp_path / "results/plain.json").read_bytes() == kept and out.read_text() == page

    submissions = tmp_path / "submissions"
    submissions.rename(tmp_path / "elsewhere")  # as in another checkout: results alone are enough
    found = bench_models(table=table, out=out)
    (submissions / "twice-0").rename(tmp_path / "elsewhere/twice-0")
    submissions.rmdir()
    (tmp_path / "elsewhere").rename(submissions)
    page = out.read_text()
    for words in (
        "## small, views d4",
        "## other, views none",
        "| twice | looking twice | 0 |",
        "- twice less plain: ",
    ):
        assert words in page
    assert page.count("| twice | ") == 6  # four of figures, its cost, its command

    track = track_named("spark2026")
    rows = truth_of(track, tmp_path / "data/other", "val")
    places = [run_named(f"plain-{seed}").answers(tmp_path / "data/other", "val", "d4") for seed in (0, 1)]
    judged = [Judged.of(track, place.folder / "submission.zip", rows, track.judge.Rules()) for place in places]
    truth = found["plain"].figures("other, views d4")
    for name in ("s_cls", "s_det", "s_seg", "s_acc"):
        assert truth[name] == pytest.approx(np.mean([one.figures()[name] for one in judged]), abs=1e-4)
    assert found["plain"].gmac == pytest.approx(4 * judged[0].compute["gmac"], rel=0.1)  # 128 px, not 64
    drawn = np.mean([one.draws()["s_final"][:500] for one in judged], axis=0)
    compute = 0.15 * (judged[0].compute["gmac"] - found["plain"].gmac) / 100
    np.testing.assert_allclose(found["plain"].drawn("other, views d4", ["0", "1"]), drawn + compute, atol=2e-4)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("words: looking twice", "wrods: looking twice", r"unknown key of a row: wrods\. Did you mean words"),
        ("words: looking twice", "seeds: [1]", r"row twice of the table lacks words\."),
        ("title: Small", "seed: 1", r"rows\.yml lacks title; pipeline/recipes/table\.yml has all"),
        ("against: [plain]", "against: [plane]", r"unknown row to compare with: plane\. Did you mean plain"),
    ],
)
def test_a_mistake_in_the_table_is_told_before_anything_is_made(table, tmp_path, old, new, words):
    table.write_text(TABLE.replace(old, new))
    with pytest.raises(UserError, match=words):
        bench_models(table=table)
    assert not (tmp_path / "data").exists()


def test_a_row_that_is_not_there(table):
    with pytest.raises(UserError, match=r"unknown row plan\. Did you mean plain"):
        bench_models(table=table, only="plan")


def test_a_row_whose_results_were_made_from_something_else(table, tmp_path):
    said = {"values": {"optim.epochs": 2}, "published": {}, "seeds": [0], "views": ["none"], "sets": {}}
    result = Result("twice", "as before", said, [], "s_final", {}, 0.1, 0.1, [1.0], "a machine", None)
    result.write(tmp_path / "results")
    with pytest.raises(UserError, match="rename such a row") as error:
        bench_models(table=table, out=tmp_path / "RESULTS.md")
    changed = str(error.value).splitlines()
    assert "twice: values.optim.epochs 2 -> 1" in changed
    assert "twice: views ['none'] -> ['none', 'd4']" in changed
    assert not (tmp_path / "data").exists()


FIGURES = ("s_cls", "s_det", "s_seg", "s_acc", "s_final")


def made(name, against, minutes, **scores):
    """A result whose score differs by seed, and in one half of the draws by 0.1 from the other."""
    said = {"values": {}, "published": {}, "seeds": list(map(int, scores)), "views": ["none"], "sets": {}}
    seeds = {
        seed: {
            "figures": dict.fromkeys(FIGURES, score),
            "draws": " ".join([f"{10_000 * score - 500:.0f}"] * 250 + [f"{10_000 * score + 500:.0f}"] * 250),
            "ms": 4.0,
        }
        for seed, score in scores.items()
    }
    judged = {"small, views none": seeds}
    return Result(name, "tried", said, against, "s_final", judged, 1.25, 2.5, minutes, "a machine", "0123456789abcdef")


def test_a_row_that_has_left_the_table_keeps_its_line():
    written = page("Title", "", [], {"gone": made("gone", [], [3.0, None], **{"0": 0.4, "1": 0.6})})
    assert "| gone | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.450 to 0.550 | 0.400 0.600 |" in written
    assert "| gone | tried | 0, 1 | 1.250 | 2.500 | 3.0 | 4 |" in written
    assert "| gone | no longer in the table | 012345678 | a machine |" in written


def test_rows_are_compared_seed_by_seed():
    rows = {
        "one": made("one", ["two", "three"], [None], **{"1": 0.55}),
        "two": made("two", [], [1.0, 1.0], **{"0": 0.4, "1": 0.6}),
        "three": made("three", [], [1.0], **{"0": 0.4}),
    }
    written = page("Title", "All of it.", list(rows), rows)
    assert written.startswith("# Title\n\nAll of it.\n\nSimulated images")
    assert "- one less two: small, views none -0.050 (-0.050 to -0.050)" in written  # of seed 1 alone
    assert "- one less three: no seed in common" in written
    assert "| one | tried | 1 | 1.250 | 2.500 | interrupted | 4 |" in written


def test_every_row_of_the_house_s_table_can_be_trained():
    said = read_yaml(RECIPES / "table.yml")
    rows = [_row(entry, said["values"]) for entry in said["rows"]]
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert set(row.against) <= {other.name for other in rows}
        for values in (row.values, row.values | row.published):
            config = config_of(values)
            assert track_named(config.track).task.impossible(config) == []
            assert all(size % 32 == 0 for size in looks_of(config.model).values())
