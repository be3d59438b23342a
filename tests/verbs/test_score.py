"""Figures of a zip: they fit formulas, truth and an independent count."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.errors import UserError
from pipeline.judging import bootstrap, tables
from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.tracks.spark2026 import CLASSES, submission
from pipeline.verbs.package import package
from pipeline.verbs.score import score
from tests.makers import true_answers


def test_the_figures_fit_the_formula_and_the_file(stand):
    found = score()
    written = json.loads((package().folder / "score.json").read_text())
    assert {name: written[name] for name in found} == found
    assert written["s_acc"] == pytest.approx(0.4 * written["s_seg"] + 0.4 * written["s_det"] + 0.2 * written["s_cls"])
    parts = 0.7 * written["s_acc"] + 0.15 * written["s_flops"] + 0.15 * written["s_params"]
    assert written["s_final"] == pytest.approx(parts)
    assert written["compute"] == "recounted from the run"


def test_ground_truth_as_a_submission_scores_one(stand, capsys):
    truth = true_answers(stand / "data/tiny")
    submission.write(stand / "truth.zip", truth, {"gmac": 50.0, "mparams": 3.0})
    found = score(str(stand / "truth.zip"))
    assert (found["s_cls"], found["s_det"], found["s_seg"]) == (1.0, 1.0, 1.0)
    assert found["s_final"] == pytest.approx(0.7 + 0.15 * 0.5 + 0.15 * 0.9)
    assert "declared, not recounted" in capsys.readouterr().out
    assert {path.name for path in stand.iterdir()} == {"data", "submissions", "truth.zip"}


def test_ground_truth_scores_one_by_the_rule_of_2024(stand):
    track_named("spark2024").upload.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {})
    found = score(str(stand / "truth.zip"), track="spark2024")
    assert (found["s_seg"], found["mean_iou"], found["pooled_iou"]) == (1.0, 1.0, 1.0)


def test_random_zips_score_what_pixels_and_formulas_say(stand):
    """Random rectangles as answers to rendered craft, through the zips of both tracks, against dense arithmetic."""
    truth, rng = true_answers(stand / "data/tiny"), np.random.default_rng(2)
    given, pairs, boxes = truth.copy(), {"body": [], "panel": []}, []
    for i, row in enumerate(truth.itertuples()):
        grow = rng.integers(-20, 20, 4)
        box = np.clip(np.array([row.x_min, row.y_min, row.x_max, row.y_max]) + grow, 0, 1024)
        both = (np.minimum(box[2:], [row.x_max, row.y_max]) - np.maximum(box[:2], [row.x_min, row.y_min])).prod()
        areas = (box[2] - box[0]) * (box[3] - box[1]) + (row.x_max - row.x_min) * (row.y_max - row.y_min)
        boxes.append(both / (areas - both))
        given.loc[i, ["x_min", "y_min", "x_max", "y_max"]] = box
        given.loc[i, ["class_index", "class_name"]] = [n := int(rng.integers(10)), CLASSES[n]]
        for part in pairs:
            true = rle.decode(getattr(row, f"{part}_rle"), 1024, 1024)
            columns = np.nonzero(true.any(0))[0]
            cut = true & (np.arange(1024) < rng.choice(columns[len(columns) // 2 :])) if len(columns) else true
            given.loc[i, f"{part}_rle"] = rle.encode(cut)
            pairs[part].append((true, cut))

    def above(ious):
        return np.mean([[iou > t / 100 for t in range(50, 100, 5)] for iou in ious])

    large = [p.sum() >= 0.05 * b.sum() for (b, _), (p, _) in zip(pairs["body"], pairs["panel"], strict=True)]
    body = [(t & g).sum() / (t | g).sum() for t, g in pairs["body"]]
    panel = [(t & g).sum() / (t | g).sum() for (t, g), counts in zip(pairs["panel"], large, strict=True) if counts]
    s_seg = (above(body) + above(panel)) / 2
    s_acc = 0.4 * s_seg + 0.4 * above(boxes) + 0.2 * (truth["class_index"] == given["class_index"]).mean()
    for name, expected in (("spark2026", 0.7 * s_acc + 0.15 * 0.98 + 0.15 * 0.9), ("spark2024", s_seg)):
        track_named(name).upload.write(stand / "random.zip", given, {"gmac": 2.0, "mparams": 3.0})
        found = score(str(stand / "random.zip"), data=stand / "data/tiny", track=name)
        assert found[track_named(name).judge.headline] == pytest.approx(expected)
    assert 0 < s_seg < 1


@pytest.fixture
def three_are_enough(monkeypatch):
    """The sets of tests are too small for intervals; here they get them all the same."""
    monkeypatch.setattr(bootstrap, "LEAST", 1)
    monkeypatch.setattr(tables, "ENOUGH", 1)


def test_figures_have_intervals_and_a_breakdown(stand, capsys, three_are_enough):
    found = score(details=True, compare_rules=True)
    low, high = found["intervals"]["s_cls"]
    assert 0 <= low <= found["s_cls"] <= high <= 1
    assert sum(row["images"] for row in found["by_class"].values()) == found["images"]
    assert sum(row["images"] for row in found["by_size"].values()) == found["images"]
    assert sum(map(sum, found["confusion"])) == found["images"]
    worst = [row["score"] for row in found["worst"]]
    assert worst == sorted(worst)
    said = capsys.readouterr().out
    assert "worst images" in said
    assert "over all 128 combinations" in said


def test_a_run_is_the_same_as_itself(stand, capsys):
    score("smoke", "smoke")
    lines = capsys.readouterr().out.partition("on the same images")[2].splitlines()[1:]
    assert len(lines) == 7
    assert all(line.endswith("the same") for line in lines)


def test_three_images_are_too_few_to_compare(stand, capsys):
    submission.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {"gmac": 1.0, "mparams": 0.282828})
    score(str(stand / "truth.zip"), "smoke", data=stand / "data/tiny")
    said = capsys.readouterr().out.partition("on the same images")[2]
    assert re.search(r"s_cls .* 3 images are too few to say", said)
    assert re.search(r"s_seg .* 1 images are too few to say", said)  # one panel is large enough to count
    assert re.search(r"s_flops .* counted\n", said)
    assert "[" not in said


def test_truth_is_really_better_than_a_run(stand, capsys, three_are_enough):
    truth = true_answers(stand / "data/tiny")
    submission.write(stand / "truth.zip", truth, {"gmac": 0.004734, "mparams": 0.282828})
    score(str(stand / "truth.zip"), "smoke", data=stand / "data/tiny")
    said = capsys.readouterr().out.partition("on the same images")[2]
    assert re.search(r"s_seg +\+.*real", said)
    assert re.search(r"s_flops +.*the same", said)


def test_the_other_track_judges_the_same_answers(stand, capsys):
    first, second = score("smoke"), score("smoke", track="spark2024")
    assert second["s_seg"] == first["s_seg"]
    assert (package(track="spark2024").folder / "submission_2024.zip").exists()
    written = json.loads((package().folder / "score_spark2024.json").read_text())
    assert written["pooled_iou"] == second["pooled_iou"]


def test_ceilings_fall_with_the_size(stand, capsys):
    found = score(data=stand / "data/tiny", ceiling=True, size=128, stride=4)
    by_form = list(found.values())
    assert by_form[0] == {"s_cls": 1.0, "s_det": 1.0, "s_seg": 1.0, "s_acc": 1.0}
    assert by_form[1]["s_seg"] > 0.9
    assert by_form[2]["s_seg"] >= by_form[3]["s_seg"] > by_form[4]["s_seg"]
    assert "128 px, stride 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 0}, "expected 1 <= stride <= size <= 4096"),
        ({"stride": 0}, "expected 1 <= stride <= size"),
        ({"size": 4, "stride": 8}, "expected 1 <= stride <= size"),
        ({"size": 5000}, "expected 1 <= stride <= size"),
        ({"details": True}, "truth alone"),
        ({"versus": "smoke"}, "truth alone"),
    ],
)
def test_ceilings_that_cannot_be(stand, options, words):
    with pytest.raises(UserError, match=words):
        score("smoke", ceiling=True, **options)


def test_other_rules_are_told_and_noted(stand, capsys):
    assert main(["score", "--rules.segmentation", "mean_iou", "--rules.strict", "false"]) == 0
    assert "with other rules than the words say: segmentation mean_iou, strict False" in capsys.readouterr().out
    written = json.loads((package().folder / "score.json").read_text())
    assert written["rules"] == {"segmentation": "mean_iou", "strict": False}
    assert main(["score", "--track", "spark2024", "--rules.clamp", "false"]) == 2
    assert "unknown option --rules.clamp" in capsys.readouterr().err


def test_a_run_that_shows_nothing_has_no_precision(stand, capsys):
    """The smoke run's masks are empty: there is no COCO record of any."""
    score("smoke", coco=True)
    assert "COCOeval segm: ap 0.0000" in capsys.readouterr().out


def test_coco_precision_is_shown(stand, capsys):
    truth = true_answers(stand / "data/tiny")
    submission.write(stand / "truth.zip", truth, {"gmac": 1.0, "mparams": 1.0})
    score(str(stand / "truth.zip"), data=stand / "data/tiny", coco=True)
    said = capsys.readouterr().out
    assert re.search(r"COCOeval bbox: ap 1\.0000", said)
    assert re.search(r"COCOeval segm: ap (1\.0000|0\.9999)", said)


def test_boxes_that_are_none_are_no_truth(stand, capsys):
    """Two of three boxes are not: the third decides alone, and the card says so."""
    table = stand / "data/tiny/val.csv"
    rows = pd.read_csv(table)
    submission.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {"gmac": 1.0, "mparams": 1.0})
    for none in ("(0, 0, 0, 0)", "(500, 500, 100, 100)", "(inf, 200, 300, 400)", "(nan, nan, nan, nan)"):
        rows.loc[:1, "Bounding box"] = none
        rows.to_csv(table, index=False)
        found = score(str(stand / "truth.zip"))
        assert (found["s_det"], found["counted"]["s_det"], found["images"]) == (1.0, 1, 3)
        assert re.search(r"s_det .*1 of 3 images", capsys.readouterr().out)
