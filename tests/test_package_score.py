import json
import re
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.metrics import bootstrap, tables
from pipeline.package import package
from pipeline.score import score
from pipeline.tracks import TRACKS
from pipeline.tracks.spark2026 import CLASSES, submission
from pipeline.train import train
from tests.makers import true_answers


def declare(path, **changes):
    """Change what a zip says of its compute."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(members["efficiency.json"])
    members["efficiency.json"] = json.dumps(said | {name: change(said[name]) for name, change in changes.items()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_the_upload_answers_every_test_image(stand):
    place = package(split="test")
    rows, efficiency = submission.read(place.folder / "submission.zip", ["test_00000_img.jpg", "test_00001_img.jpg"])
    assert len(rows) == 2
    assert efficiency["mparams"] == pytest.approx(0.282828)
    assert efficiency["gmac"] == pytest.approx(0.004734, abs=1e-6)


def test_the_same_bytes_when_made_again(stand):
    first = (package().folder / "submission.zip").read_bytes()
    shutil.rmtree(package().folder)
    assert (package().folder / "submission.zip").read_bytes() == first


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
    TRACKS["spark2024"].submission.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {})
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
        TRACKS[name].submission.write(stand / "random.zip", given, {"gmac": 2.0, "mparams": 3.0})
        found = score(str(stand / "random.zip"), data=stand / "data/tiny", track=name)
        assert found[TRACKS[name].judge.HEADLINE] == pytest.approx(expected)
    assert 0 < s_seg < 1


def test_a_zip_that_is_not_the_runs_is_refused_by_score_and_mended_by_package(stand):
    path = package().folder / "submission.zip"
    whole = path.read_bytes()
    declare(path, gmac=lambda value: value / 2)
    for content in (path.read_bytes(), whole[:100]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="is not what package made of the run's predictions"):
            score()
    assert (package().folder / "submission.zip").read_bytes() == whole
    assert score()["compute"] == "recounted from the run"


def test_an_invalid_zip_is_not_scored_nor_left(stand, monkeypatch):
    real = submission.write

    def write(path, rows, efficiency):
        real(path, rows[1:], efficiency)

    monkeypatch.setattr(submission, "write", write)
    with pytest.raises(UserError, match="is missing"):
        package()
    assert not list(stand.glob("submissions/*/*/submission.zip"))


def test_a_run_fitted_on_val_says_so(stand, capsys):
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1, "fit_on": "train+val"}), "smoke", run="final")
    score()
    assert "note: final was fitted on val" in capsys.readouterr().out
    score(run="smoke")
    assert "note:" not in capsys.readouterr().out
    score(run="smoke", split="tune")
    assert "note: the weights of smoke were selected on tune" in capsys.readouterr().out


def test_a_split_without_labels(stand):
    with pytest.raises(UserError, match="has no labels") as error:
        score(split="test")
    assert "\n" not in str(error.value)


def test_predictions_hold_what_the_zip_says(stand):
    place = package()
    rows = pd.read_parquet(place.predictions)
    given, _ = submission.read(place.folder / "submission.zip", rows["image_id"].tolist())
    for name in given.columns:
        assert given[name].tolist() == rows[name].tolist()


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
    assert re.search(r"s_seg .* 3 images are too few to say", said)
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
    written = json.loads((package().folder / "score_2024.json").read_text())
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
    assert "--rules.clamp is no rule of track spark2024" in capsys.readouterr().err


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
