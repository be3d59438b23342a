import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.dataset.index_table import read_index
from pipeline.errors import UserError
from pipeline.judging import bootstrap, tables
from pipeline.masks import rle
from pipeline.stages import packaged as stage
from pipeline.tracks import NAMES, track_named
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2026 import CLASSES, submission
from pipeline.tracks.spark2026.track import TRACK
from pipeline.verbs.package import package
from pipeline.verbs.predict import predict
from pipeline.verbs.score import score
from pipeline.verbs.train import train
from tests.makers import COLOURS, scene, spark2024, true_answers, write_rgb


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
    asked = pd.DataFrame({"image_id": ["test_00000_img.jpg", "test_00001_img.jpg"], "height": 1024, "width": 1024})
    rows, efficiency = TRACK.upload.read(place.folder / "submission.zip", asked)
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

    monkeypatch.setitem(vars(TRACK.upload), "write", write)
    with pytest.raises(UserError, match="is missing"):
        package()
    assert not list(stand.glob("submissions/*/*/submission.zip"))


def test_a_run_fitted_on_val_says_so(stand, capsys):
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1, "fit_on": "train+val"}), "smoke", run="final")
    score()
    assert "note: final was fitted on 3 of these 3 images of val" in capsys.readouterr().out
    score(run="smoke")
    assert "note:" not in capsys.readouterr().out
    score(run="smoke", split="tune")
    assert "note: the weights of smoke were selected on 1 of these 1 images of tune" in capsys.readouterr().out


def test_a_split_without_labels(stand):
    with pytest.raises(UserError, match="has no labels") as error:
        score(split="test")
    assert "\n" not in str(error.value)


def test_predictions_hold_what_the_zip_says(stand):
    place = package()
    rows = pd.read_parquet(place.predictions)
    given, _ = TRACK.upload.read(place.folder / "submission.zip", rows)
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


def test_the_views_last_asked_for_are_taken_and_said(stand, capsys):
    predict(tta="hflip")
    predict(tta="none")
    predict(tta="hflip")  # there already
    capsys.readouterr()
    assert package().tta == "hflip"
    assert "views: hflip, as last asked for tiny-val" in capsys.readouterr().out
    assert package(split="test").tta == "hflip"  # of another split: those last asked for at all
    assert package(split="test", tta="none").tta == "none"
    capsys.readouterr()
    score()
    assert "views: hflip, as last asked for tiny-val" in capsys.readouterr().out


def test_a_zip_that_is_there_is_read_again_before_it_is_called_valid(stand, monkeypatch):
    package()
    refused = Findings(("a check",))
    refused.update({"a check": ["a complaint"]})
    monkeypatch.setitem(vars(TRACK.upload), "examine", lambda path, images: (refused, pd.DataFrame(), {}))
    with pytest.raises(UserError, match="not a valid submission"):
        package()


def test_a_zip_written_by_other_code_is_made_anew(stand, monkeypatch, capsys):
    package()
    real = stage.sources
    monkeypatch.setattr(stage, "sources", lambda files: real(files) | {"tracks/spark2026/submission.py": "other"})
    package()
    assert "the zip is made anew: code of tracks/spark2026/submission.py" in capsys.readouterr().out


def test_a_config_that_was_edited_is_not_scored_with_the_answers_of_before(stand):
    score()
    config = stand / "submissions/smoke/config.yaml"
    config.write_text(config.read_text().replace("size: 64", "size: 128"))
    with pytest.raises(UserError, match=r"model\.size 64 -> 128"):
        score()
    predict(overwrite=True)
    assert score()["gmac"] == pytest.approx(4 * 0.004734, rel=0.02)


def test_corrected_labels_count_at_once_whatever_time_their_file_has(stand):
    table = stand / "data/tiny/val.csv"
    rows = pd.read_csv(table)
    answers = true_answers(stand / "data/tiny")
    submission.write(stand / "truth.zip", answers, {"gmac": 1.0, "mparams": 1.0})
    assert score(str(stand / "truth.zip"))["s_det"] == 1.0
    rows["Bounding box"] = "(0, 0, 10, 10)"
    rows.to_csv(table, index=False)
    os.utime(table, (10**9, 10**9))
    assert score(str(stand / "truth.zip"))["s_det"] == 0.0


def test_masks_replaced_in_place_count_at_once(stand):
    submission.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {"gmac": 1.0, "mparams": 1.0})
    assert score(str(stand / "truth.zip"))["s_seg"] == 1.0
    for path in (stand / "data/tiny/mask").rglob("val/*.jpg"):
        cv2.imwrite(str(path), cv2.imread(str(path))[::-1])
    assert score(str(stand / "truth.zip"))["s_seg"] < 0.5


def test_images_that_a_run_was_fitted_on_are_known_after_a_new_split(stand, capsys):
    """The train images become val, names and folders and all."""
    folder = stand / "data/tiny"
    index = read_index(folder)
    fitted = (index["split"] == "train").sum()
    for name in ("images", "mask"):
        for path in (folder / name).glob("*/train"):
            shutil.rmtree(path.parent / "val", ignore_errors=True)
            path.rename(path.parent / "val")
    (folder / "train.csv").rename(folder / "val.csv")
    score(run="smoke")
    said = capsys.readouterr().out
    assert f"note: smoke was fitted on {fitted} of these {fitted + 1} images of val" in said
    assert "note: the weights of smoke were selected on 1 of these" in said


def test_a_set_of_another_size_is_for_local_work(tmp_path, monkeypatch, capsys):
    """At 128 px all goes as at 1024, but for the upload."""
    spark2024(tmp_path / "data" / "small", size=128, tests=2)
    monkeypatch.chdir(tmp_path)
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke")
    capsys.readouterr()
    assert score()["images"] == 2
    assert "note: 2 of 2 images of val are not 1024x1024; they are answered and judged at their own size" in (
        capsys.readouterr().out
    )
    for track in NAMES:
        track_named(track).upload.write(
            Path("truth.zip"), true_answers(Path("data/small")), {"gmac": 1.0, "mparams": 1.0}
        )
        assert score("truth.zip", track=track)["s_seg"] == 1.0
        assert main(["validate", "truth.zip", "--split", "val", "--track", track]) == 0
    with pytest.raises(UserError, match=r"an upload answers images of 1024x1024 pixels; 2 of 2 of test .*\n.*128x128"):
        package(split="test")
    assert not list(Path("submissions").glob("*/small-test-*"))  # told before anything was predicted


def test_one_image_of_another_size(tmp_path, monkeypatch, capsys):
    """A val image of 100 rows more keeps nobody from scoring; a test image is told before anything is predicted."""
    folder = spark2024(tmp_path / "data" / "odd", tests=2)
    image_hwc, labels_hw, _ = scene(2)
    write_rgb(folder / "images/Cheops/val/00002_img.jpg", image_hwc[:1000])
    write_rgb(folder / "mask/Cheops/val/00002_layer.jpg", COLOURS[labels_hw[:1000]], full_colour=True)
    write_rgb(folder / "images/test/test_00001_img.jpg", scene(1, 600)[0])
    monkeypatch.chdir(tmp_path)
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke")
    assert score()["images"] == 2
    assert "Cheops/00002_img.jpg: 1024x1000" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"test_00001_img.jpg: 600x600"):
        package(split="test")


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


def test_a_run_of_a_set_that_is_not_there_any_more(stand):
    shutil.move(stand / "data/tiny", stand / "elsewhere")
    with pytest.raises(UserError, match=r"trained on data/tiny, which is not there; name it with --data"):
        score()


@pytest.mark.parametrize("content", [b"", b"model: {size: 64}\n", b"model: [", b"seed: x\n"])
def test_a_damaged_config_is_one_line(stand, content):
    (stand / "submissions/smoke/config.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"smoke/config\.yaml"):
        score()
