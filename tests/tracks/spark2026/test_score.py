import numpy as np
import pandas as pd
import pytest

from pipeline.judging.means import share_above
from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.tracks.spark2026 import score
from pipeline.tracks.spark2026.score import Rules
from tests.makers import answers
from tests.oracles.published import SCORES

SIDE = 40
NOTHING = {"gmac": 0.0, "mparams": 0.0}
THRESHOLDS = [0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95]


def figures_of(truth, given, **rules):
    return track_named("spark2026").figures(score.per_image(truth, given), Rules(**rules), NOTHING)


@pytest.mark.parametrize("row", SCORES, ids=[row[0] for row in SCORES])
def test_published_results_from_their_parts(row):
    _, s_cls, s_det, s_seg, s_acc, mparams, gmac, s_final = row
    digits = len(str(s_final)) - 2
    assert score.s_acc(s_cls, s_det, s_seg) == pytest.approx(s_acc, abs=0.51 * 10**-digits)
    assert round(score.s_final(score.s_acc(s_cls, s_det, s_seg), gmac, mparams), digits) == s_final


def test_efficiency():
    assert (score.s_flops(0), score.s_flops(25), score.s_flops(100), score.s_flops(150)) == (1, 0.75, 0, 0)
    assert (score.s_params(0), score.s_params(7.5), score.s_params(30), score.s_params(31)) == (1, 0.75, 0, 0)
    assert score.s_final(1.0, 0, 0) == pytest.approx(1.0)


def test_truth_scores_one():
    truth = answers(list(range(30)))
    figures = figures_of(truth, truth[::-1])
    assert (figures["s_cls"], figures["s_det"], figures["s_seg"]) == (1.0, 1.0, 1.0)
    assert figures["s_acc"] == pytest.approx(1.0)


def random_rows(rng, count):
    rows = []
    for i in range(count):
        x, y = rng.integers(0, SIDE - 12, 2)
        labels = np.zeros((SIDE, SIDE), int)
        labels[y : y + rng.integers(6, 12), x : x + rng.integers(6, 12)] = 1
        labels[y : y + rng.integers(0, 4), x : x + rng.integers(0, 9)] = 2
        rows.append((f"image {i}", rng.integers(0, 3), labels))
    return rows


def table(rows):
    found = []
    for image_id, cls, labels in rows:
        ys, xs = np.nonzero(labels)
        box = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        found.append((image_id, cls, *map(float, box), rle.encode(labels == 1), rle.encode(labels == 2), SIDE, SIDE))
    names = ["image_id", "class_index", "x_min", "y_min", "x_max", "y_max", "body_rle", "panel_rle", "height", "width"]
    return pd.DataFrame(found, columns=names)


def test_random_answers_against_a_dense_computation():
    rng = np.random.default_rng(4)
    truth = random_rows(rng, 60)
    given = [
        (i, rng.integers(0, 3) if rng.random() < 0.3 else c, np.roll(m, rng.integers(0, 3), 1)) for i, c, m in truth
    ]

    def iou(a, b):
        return (a & b).sum() / (a | b).sum()

    def above(ious):
        return np.mean([[value > t for t in THRESHOLDS] for value in ious])

    def filled(labels):
        ys, xs = np.nonzero(labels)
        box = np.zeros((SIDE, SIDE), bool)
        box[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
        return box

    pairs = [(t[2], g[2]) for t, g in zip(truth, given, strict=True)]
    s_cls = np.mean([t[1] == g[1] for t, g in zip(truth, given, strict=True)])
    s_det = above([iou(filled(t), filled(g)) for t, g in pairs])
    body = above([iou(t == 1, g == 1) for t, g in pairs if (t == 1).any()])
    judged = [(t, g) for t, g in pairs if (t == 2).any() and (t == 2).sum() >= 0.05 * (t == 1).sum()]
    assert 0 < len(judged) < len(pairs)
    panel = above([iou(t == 2, g == 2) for t, g in judged])
    figures = figures_of(table(truth), table(given))
    assert figures["s_cls"] == pytest.approx(s_cls)
    assert figures["s_det"] == pytest.approx(s_det)
    assert figures["s_seg"] == pytest.approx((body + panel) / 2)
    assert figures["s_acc"] == pytest.approx(0.4 * (body + panel) / 2 + 0.4 * s_det + 0.2 * s_cls)
    assert figures["mean_body_iou"] == pytest.approx(np.mean([iou(t == 1, g == 1) for t, g in pairs if (t == 1).any()]))


def test_thresholds_are_strict_unless_said():
    ious = [0.5, 0.5000001, 0.95, 1.0, 0.0]
    assert share_above(ious).tolist() == [0.0, 0.1, 0.9, 1.0, 0.0]
    assert share_above(ious, strict=False).tolist() == [0.1, 0.1, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("rows", range(10, 21))
def test_an_iou_on_a_threshold_does_not_reach_it(rows):
    """The answer is the upper `rows` of twenty: its IoU is rows / 20, on a threshold each time."""
    whole = np.ones((20, 20), bool)
    upper = whole & (np.arange(20)[:, None] < rows)
    box = {"x_min": 0.0, "y_min": 0.0, "x_max": 20.0, "y_max": 20.0}
    masks = {"body_rle": rle.encode(whole), "panel_rle": rle.encode(whole)}
    truth = pd.DataFrame([{"image_id": "a", "class_index": 0, **box, **masks, "height": 20, "width": 20}])
    given = truth.assign(y_max=float(rows), body_rle=rle.encode(upper), panel_rle=rle.encode(upper))
    figures = figures_of(truth, given)
    assert figures["s_det"] == figures["s_seg"] == pytest.approx((rows - 10) / 10)


def test_images_with_empty_truth_are_left_out_of_the_means():
    """Image 1 has no body and image 2 no panel in truth, and both are answered with one."""
    truth, given = answers([1, 2, 3]), answers([1, 2, 3])
    nothing = rle.encode(np.zeros((1024, 1024), bool))
    truth.loc[0, "body_rle"] = truth.loc[1, "panel_rle"] = nothing
    images = score.per_image(truth, given)
    parts = score.means(images, Rules())
    assert np.isnan(parts["body"].each).tolist() == [True, False, False]
    assert np.isnan(parts["panel"].each).tolist() == [False, True, False]
    assert figures_of(truth, given)["s_seg"] == 1.0
    assert figures_of(truth, given, empty_truth="judge")["s_seg"] == pytest.approx(2 / 3)
    given.loc[0, "body_rle"] = nothing  # an empty answer to an empty truth is right
    assert figures_of(truth, given, empty_truth="judge")["s_seg"] == pytest.approx(5 / 6)


def test_which_panels_count():
    """A body of 100 pixels with panels of 5, 4, 0 pixels, and no body with 3; nothing is answered right."""
    sizes = [(100, 5), (100, 4), (100, 0), (0, 3)]
    images = pd.DataFrame(
        {
            "body_truth": [float(body) for body, _ in sizes],
            "panel_truth": [float(panel) for _, panel in sizes],
            **{f"{part}_{of}": [0.0] * 4 for part in ("body", "panel") for of in ("given", "both")},
            "class_right": [1.0] * 4,
            "box_iou": [1.0] * 4,
        }
    )

    def counted(**rules):
        return score.means(images, Rules(**rules))["panel"].denominator.tolist()

    assert counted() == [1, 0, 0, 1]
    assert counted(panel="any") == [1, 1, 0, 1]
    assert counted(empty_truth="judge") == [1, 0, 1, 1]
    assert counted(panel="any", empty_truth="judge") == [1, 1, 1, 1]
    assert score.means(images, Rules())["panel_iou"].denominator.tolist() == [1, 1, 0, 1]  # by no rule


def test_every_rule_changes_what_it_says():
    box = {"x_min": 0.0, "y_min": 0.0, "x_max": 20.0, "y_max": 20.0}
    whole = np.ones((20, 20), bool)
    upper = whole & (np.arange(20)[:, None] < 10)
    masks = {"body_rle": rle.encode(whole), "panel_rle": rle.encode(whole)}
    truth = pd.DataFrame([{"image_id": "a", "class_index": 0, **box, **masks, "height": 20, "width": 20}])
    given = truth.assign(class_index=1, y_max=10.0, body_rle=rle.encode(upper), panel_rle=rle.encode(upper))
    plain = figures_of(truth, given)
    assert (plain["s_cls"], plain["s_det"], plain["s_seg"]) == (0.0, 0.0, 0.0)
    loose = figures_of(truth, given, strict=False)
    assert (loose["s_det"], loose["s_seg"]) == (0.1, 0.1)
    assert figures_of(truth, given, strict=False, box_needs_class=True)["s_det"] == 0.0
    unknown = truth.assign(class_index=-1)
    assert figures_of(unknown, given, strict=False, box_needs_class=True)["s_det"] == 0.1
    assert figures_of(truth, given, segmentation="mean_iou")["s_seg"] == 0.5


@pytest.mark.parametrize(
    ("rules", "s_flops", "s_params"),
    [
        ({}, 0.9, 0.0),
        ({"compute_unit": "gflop"}, 0.8, 0.0),
        ({"clamp": False}, 0.9, -0.5),
    ],
)
def test_rules_of_compute(rules, s_flops, s_params):
    assert score.s_flops(10, Rules(**rules)) == pytest.approx(s_flops)
    assert score.s_params(45, Rules(**rules)) == pytest.approx(s_params)
    assert score.s_final(0, 10, 45, Rules(**rules)) == pytest.approx(0.15 * (s_flops + s_params))


def test_figures_without_truth_are_none():
    truth = answers([1, 2, 3])
    truth["body_rle"] = truth["panel_rle"] = None
    figures = figures_of(truth, answers([1, 2, 3]))
    assert (figures["s_det"], figures["s_seg"], figures["s_acc"]) == (1.0, None, None)
    truth[["x_min", "y_min"]] = np.nan
    truth["class_index"] = -1
    figures = figures_of(truth, answers([1, 2, 3]))
    assert (figures["s_cls"], figures["s_det"]) == (None, None)


def test_an_image_without_an_answer_is_an_error():
    with pytest.raises(KeyError):
        score.per_image(answers([1, 2]), answers([1]))
