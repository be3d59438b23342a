import pytest

from pipeline.errors import UserError
from pipeline.verbs.bench import bench


@pytest.mark.parametrize("track", ["spark2026", "spark2024"])
def test_both_ways_find_the_same(track, capsys):
    found = bench("score", track, count=8, dense=5)
    assert found["seconds_an_image"] == pytest.approx(found["seconds"] / 8)
    assert found["times_faster"] == pytest.approx(found["dense_seconds_an_image"] / found["seconds_an_image"])
    assert "the same IoU" in capsys.readouterr().out


def test_counts_that_cannot_be():
    with pytest.raises(UserError, match="expected 1 image or more"):
        bench("score", count=0)
