import inspect
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.dataset.index_table import read_index, rows_of
from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.verbs import demo as verb
from pipeline.verbs.demo import demo
from pipeline.verbs.train import train


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The demo on eight images with the smoke recipe."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verb, "COUNTS", {"count": 8, "val": 3, "test": 1})
    monkeypatch.setattr(verb, "RECIPE", "smoke")
    monkeypatch.setattr(verb, "OVERRIDES", {"optim.epochs": 1})
    monkeypatch.setattr(verb, "SHOWN", 3)
    return tmp_path


def test_from_nothing_to_a_score_and_a_picture_and_again(small, capsys):
    demo()
    first = capsys.readouterr().out
    for words in ("no problems found", "trained: submissions/demo", "valid: 3 images", "s_final", "done in"):
        assert words in first
    picture = cv2.imread("submissions/demo/demo-val-d4/examples.png")
    assert picture.shape == (3 * 404, 3 * 404, 3)
    check_picture(picture)
    demo()
    again = capsys.readouterr().out
    for words in ("is finished", "trained already", "predictions are there already", "s_final"):
        assert words in again
    score_lines = [line for line in first.splitlines() if line.startswith("s_")]
    assert score_lines == [line for line in again.splitlines() if line.startswith("s_")]


def check_picture(picture_bgr):
    """Plain images on the left; beside them the same with red, blue and green over it, as truth and answer say."""
    truth = rows_of(read_index(Path("data/demo"), track_named("spark2026").reader.truth), ("val",))
    for i, row in enumerate(truth.itertuples()):
        top = 404 * i + 2  # two pixels of white around each
        cells = [picture_bgr[top : top + 400, 404 * j + 2 : 404 * j + 402].astype(int) for j in range(3)]
        image = cv2.resize(cv2.imread(f"data/demo/{row.image_path}"), (400, 400), interpolation=cv2.INTER_AREA)
        below = slice(60, None)  # words stand above
        assert np.abs(cells[0][below] - image[below]).mean() < 3
        body_hw = cv2.resize(rle.decode(row.body_rle, 1024, 1024).astype(np.uint8), (400, 400)).astype(bool)
        body_hw[:60] = False
        if body_hw.sum() > 200:
            redder = cells[1][body_hw] - cells[0][body_hw]
            assert redder[:, 2].mean() > redder[:, 0].mean() + 20
        assert np.abs(cells[1][below] - cells[0][below]).sum() > 0


def test_the_demo_is_as_large_as_promised():
    assert verb.COUNTS["count"] - verb.COUNTS["val"] >= 1200 / 0.95  # a twentieth becomes tune
    assert verb.COUNTS["val"] >= 200
    assert inspect.signature(train).parameters["recipe"].default == verb.RECIPE
