"""The table of experiments, and what makes one better than another."""

import pytest

from pipeline.errors import UserError
from pipeline.research.frozen import Frozen
from pipeline.research.ledger import Row, incumbent_of, read_rows, write_rows
from pipeline.search.spread import spread

ROWS = [
    Row(0, "aaaaaaaaaaaa", 0.5, 0.7226, 0.2451, 1.25, "baseline", "start", "unchanged, seed 0"),
    Row(0, "aaaaaaaaaaaa", 0.625, 0.7226, 0.2451, 1.25, "baseline", "start", "unchanged, seed 1"),
    Row(1, "bbbbbbbbbbbb", None, status="failed", by="run", description="optim.lr 1 -> 2", reason="diverged"),
    Row(2, "cccccccccccc", 0.75, 0.7226, 0.2451, 1.5, "kept", "try", "wider"),
    Row(3, "dddddddddddd", 0.75, 0.7226, 0.2451, 1.5, "discarded", "try", "narrower"),
]


def test_what_is_written_is_read(tmp_path):
    write_rows(tmp_path / "results.tsv", ROWS, "s_final")
    assert read_rows(tmp_path / "results.tsv") == ROWS
    head, first, *_ = (tmp_path / "results.tsv").read_text().splitlines()
    assert head.split("\t")[:3] == ["experiment", "commit", "s_final"]
    assert first == "0\taaaaaaaaaaaa\t0.500000\t0.7226\t0.2451\t1.25\tbaseline\tstart\tunchanged, seed 0\t"


def test_words_stay_in_their_cell(tmp_path):
    row = Row(1, "a", 0.5, description="two\tlines\nof\r\n it", reason="\tno")
    write_rows(tmp_path / "results.tsv", [row], "s_final")
    found = read_rows(tmp_path / "results.tsv")
    assert [(one.description, one.reason) for one in found] == [("two lines of it", "no")]


@pytest.mark.parametrize("line", ["1\ta", "x\ta\t\t\t\t\tkept\ttry\t\t", "1\ta\t\t\t\t\tgreat\ttry\t\t"])
def test_a_line_that_is_none(tmp_path, line):
    write_rows(tmp_path / "results.tsv", ROWS, "s_final")
    with (tmp_path / "results.tsv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match="line 7 is no experiment"):
        read_rows(tmp_path / "results.tsv")


def test_the_incumbent_is_the_last_kept_or_the_first_seed():
    assert incumbent_of(ROWS).experiment == 2
    assert incumbent_of(ROWS[:3]).description == "unchanged, seed 0"


@pytest.mark.parametrize(("best", "gain"), [("max", -0.125), ("min", 0.125)])
def test_what_is_better_is_the_track_s(best, gain):
    frozen = Frozen("a", "error", best, 0.0625, 0, 8, 2, 1.0, "data", {}, {}, {})
    assert frozen.gain(0.5, 0.625) == gain
    assert frozen.needed() == 0.125  # so neither is kept: it must be more


def test_the_spread_is_from_the_smallest_to_the_largest():
    assert spread([0.5, 0.25, 0.375]) == 0.25
