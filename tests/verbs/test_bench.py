from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.tracks import track_named
from pipeline.verbs import bench_score as verb
from pipeline.verbs.bench_score import bench_score


@pytest.mark.parametrize("track", ["spark2026", "spark2024"])
def test_both_ways_find_the_same(track, capsys):
    found = bench_score(track, count=8, dense=5)
    assert found["seconds_an_image"] == pytest.approx(found["seconds"] / 8)
    assert found["times_faster"] == pytest.approx(found["dense_seconds_an_image"] / found["seconds_an_image"])
    assert "the same IoU" in capsys.readouterr().out


def test_counts_that_cannot_be():
    with pytest.raises(UserError, match="expected 1 image or more"):
        bench_score(count=0)


def test_two_ways_that_differ_are_no_measurement(monkeypatch):
    """One pixel more of the body in the plain way is enough."""
    form = track_named("spark2026")

    def plainly(zip, answer):
        body_hw, panel_hw = form.plainly(zip, answer)
        body_hw = body_hw.copy()
        body_hw[tuple(np.argwhere(~body_hw)[0])] = True
        return [body_hw, panel_hw]

    monkeypatch.setattr(verb, "track_named", lambda name: replace(form, plainly=plainly))
    with pytest.raises(AssertionError, match="the two ways differ in an IoU"):
        bench_score(count=2, dense=2)


def test_more_images_than_are_drawn_are_repeated(monkeypatch):
    monkeypatch.setattr(verb, "DISTINCT", 2)
    truth, given = verb._made_up, None
    made = []
    monkeypatch.setattr(verb, "_made_up", lambda *arguments: made.append(truth(*arguments)) or made[0])
    bench_score(count=5, dense=1)
    truth, given = made[0]
    assert truth["image_id"].nunique() == len(truth) == len(given) == 5
    assert truth["body_rle"].nunique() == 2
    assert (truth["body_rle"] != given["body_rle"]).any()
