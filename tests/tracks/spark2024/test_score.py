import numpy as np
import pandas as pd
import pytest

from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.tracks.spark2024 import score
from pipeline.tracks.spark2024.score import Rules
from tests.makers import answers

SIDE = 40


def table(labels):
    rows = [(f"image {i}", rle.encode(m == 1), rle.encode(m == 2), SIDE, SIDE) for i, m in enumerate(labels)]
    return pd.DataFrame(rows, columns=["image_id", "body_rle", "panel_rle", "height", "width"])


def judged(truth, given):
    return track_named("spark2024").figures(score.per_image(truth, given), Rules(), {})


def test_truth_scores_one():
    truth = answers(list(range(20)))
    assert judged(truth, truth[::-1]) == {"s_seg": 1.0, "mean_iou": 1.0, "pooled_iou": 1.0}


def test_without_truth_there_is_no_figure():
    truth = answers([1, 2])
    truth["body_rle"] = truth["panel_rle"] = None
    assert judged(truth, answers([1, 2])) == {"s_seg": None, "mean_iou": None, "pooled_iou": None}


def test_random_answers_against_a_dense_computation():
    rng = np.random.default_rng(7)
    truth, given = [], []
    for _ in range(50):
        x, y = rng.integers(0, SIDE - 12, 2)
        labels = np.zeros((SIDE, SIDE), int)
        labels[y : y + rng.integers(6, 12), x : x + rng.integers(6, 12)] = 1
        labels[y : y + rng.integers(0, 4), x : x + rng.integers(0, 9)] = 2
        truth.append(labels)
        given.append(np.roll(labels, rng.integers(0, 4), rng.integers(0, 2)))
    thresholds = [t / 100 for t in range(50, 100, 5)]
    counted = {
        1: [i for i, t in enumerate(truth) if (t == 1).any()],
        2: [i for i, t in enumerate(truth) if (t == 2).any() and (t == 2).sum() >= 0.05 * (t == 1).sum()],
    }
    s_seg, mean_iou, pooled = [], [], []
    for part, images in counted.items():
        pairs = [(truth[i] == part, given[i] == part) for i in images]
        ious = [(t & g).sum() / (t | g).sum() for t, g in pairs]
        s_seg.append(np.mean([[iou > t for t in thresholds] for iou in ious]))
        shown = [(t == part, g == part) for t, g in zip(truth, given, strict=True) if (t == part).any()]
        mean_iou.append(np.mean([(t & g).sum() / (t | g).sum() for t, g in shown]))
        both = [((t == part) & (g == part)).sum() for t, g in zip(truth, given, strict=True)]
        either = [((t == part) | (g == part)).sum() for t, g in zip(truth, given, strict=True)]
        pooled.append(sum(both) / sum(either))
    found = judged(table(truth), table(given))
    assert 0.05 < found["s_seg"] < 0.95
    assert found["s_seg"] == pytest.approx(np.mean(s_seg))
    assert found["mean_iou"] == pytest.approx(np.mean(mean_iou))
    assert found["pooled_iou"] == pytest.approx(np.mean(pooled))


def test_an_image_without_an_answer_is_an_error():
    with pytest.raises(KeyError):
        score.per_image(answers([1, 2]), answers([1]))
