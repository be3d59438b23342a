import cv2
import pytest

from pipeline.verbs import demo as verb
from pipeline.verbs.demo import demo


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
    demo()
    again = capsys.readouterr().out
    for words in ("is finished", "trained already", "predictions are there already", "s_final"):
        assert words in again
    score_lines = [line for line in first.splitlines() if line.startswith("s_")]
    assert score_lines == [line for line in again.splitlines() if line.startswith("s_")]


def test_the_demo_is_as_large_as_promised():
    assert verb.COUNTS["count"] - verb.COUNTS["val"] >= 1200 / 0.95  # a twentieth becomes tune
    assert verb.COUNTS["val"] >= 200
    assert verb.RECIPE == "lite0"
