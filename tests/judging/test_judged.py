"""What score.json holds, of a track that is maximised and of one that is minimised."""

import itertools
import shutil
from dataclasses import fields, replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import UserError
from pipeline.judging import tables
from pipeline.judging.judged import BEST, WORST, Judged
from pipeline.tracks import track_named
from pipeline.tracks.spark2026.score import Rules, s_final
from tests.makers import answers
from tests.toy.track import TRACK as TOY

SPARK = track_named("spark2026")
COMPUTE = {"gmac": 2.0, "mparams": 3.0}


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """40 images whose answers are ever further off; the last has no truth."""
    folder = tmp_path_factory.mktemp("toy")
    truth = pd.DataFrame({"image_id": [f"i{n:02}" for n in range(40)], "number": 0.0, "height": 48, "width": 48})
    given = truth[["image_id"]].assign(number=np.arange(40) / 100)
    truth.loc[39, "number"] = np.nan
    given[::-1].to_csv(folder / "a.csv", index=False)
    return Judged.of(TOY, folder / "a.csv", truth, TOY.judge.Rules())


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """Five images: all right, another class, a box a little off, no panel where there is one, no truth at all."""
    folder = tmp_path_factory.mktemp("spark")
    truth = answers([1, 2, 3, 4, 5])
    given = truth.copy()
    given.loc[1, ["class_index", "class_name"]] = [9, "XMM Newton"]
    given.loc[2, "x_max"] += 40
    given.loc[3, "panel_rle"] = answers([1]).loc[0, "panel_rle"]
    truth.loc[4, ["x_min", "y_min", "x_max", "y_max"]] = np.nan
    truth.loc[4, ["body_rle", "panel_rle"]] = None
    truth.loc[4, "class_index"] = -1
    SPARK.upload.write(folder / "s.zip", given, COMPUTE)
    return Judged.of(SPARK, folder / "s.zip", truth, Rules())


def test_the_worst_of_what_is_minimised_has_the_largest_error(toy):
    content = toy.content()
    assert content["error"] == pytest.approx(np.arange(39).mean() / 100)
    assert [row["image_id"] for row in content["worst"]] == [f"i{n}" for n in range(38, 38 - WORST, -1)]
    assert [row["image_id"] for row in content["best"]] == [f"i{n:02}" for n in range(BEST)]
    assert (content["images"], content["counted"], content["compute"]) == (40, {"error": 39}, "not declared")
    assert content["gmac"] is None


def test_the_worst_of_what_is_maximised_has_the_lowest_score(spark):
    content = spark.content()
    scores = [row["score"] for row in content["worst"]]
    assert scores == sorted(scores)
    assert len(scores) == 4  # the one without truth is neither worst nor best
    assert content["best"][0] == content["worst"][-1] == {"image_id": "image 1", "score": 1.0}
    assert spark.ranked()[-1] == {"image_id": "image 5", "score": None}


def test_figures_count_images_that_have_the_truth_for_them(spark):
    content = spark.content()
    figures = ("s_cls", "s_det", "s_seg", "s_acc", "s_final", "mean_box_iou", "mean_body_iou", "mean_panel_iou")
    assert content["counted"] == dict.fromkeys(figures, 4)
    assert content["s_cls"] == 3 / 4
    assert content["s_final"] == pytest.approx(s_final(content["s_acc"], **COMPUTE))
    assert np.sum(content["confusion"]) == 4
    assert content["compute"] == "declared, not recounted"


def test_a_figure_has_an_interval_by_the_images_that_it_is_made_of(tmp_path):
    """Twelve images with boxes, of which nine have a class and none has masks."""
    truth = answers(list(range(1, 13)))
    given = truth.copy()
    given.loc[:5, "x_max"] += 40
    truth[["body_rle", "panel_rle"]] = None
    truth.loc[9:, "class_index"] = -1
    SPARK.upload.write(tmp_path / "s.zip", given, COMPUTE)
    judged = Judged.of(SPARK, tmp_path / "s.zip", truth, Rules())
    intervals = judged.intervals()
    low, high = intervals["mean_box_iou"]
    assert low < judged.figures()["mean_box_iou"] < high
    assert (intervals["s_cls"], intervals["s_seg"], intervals["s_flops"]) == (None, None, None)


def test_groups_hold_every_image_that_has_a_class_once(spark):
    groups = spark.content()["by_class"]
    assert sum(group["images"] for group in groups.values()) == 4
    assert all(group["s_cls"][0] in (0.0, 1.0) for group in groups.values())


def test_every_rule_is_tried_with_every_other_choice(spark):
    changes, combinations = spark.other_rules()
    choices = {field.name: (True, False) if field.type is bool else get_args(field.type) for field in fields(Rules)}
    assert len(changes) == sum(len(options) - 1 for options in choices.values())
    assert len(combinations) == len(list(itertools.product(*choices.values())))
    for rule, choice, value in changes:
        assert value == spark.figures(**{rule: choice})["s_final"]
    assert spark.figures()["s_final"] in combinations


def test_rules_that_are_not_as_assumed_are_named(spark):
    assert spark.changed_rules() == {}
    changed = Judged.of(SPARK, spark.zip, spark.truth, Rules(strict=False, panel="any"))
    assert changed.changed_rules() == {"strict": False, "panel": "any"}


def with_three_masks(iou, gmac):
    """A submission of 40 images, judged: every box and class is known, and of three of them the masks."""
    images = pd.DataFrame({"image_id": range(40), "class_right": 1.0, "box_iou": np.linspace(iou - 0.2, iou, 40)})
    for part in ("body", "panel"):
        images.loc[:2, [f"{part}_truth", f"{part}_given"]] = 100.0
        images.loc[:2, f"{part}_both"] = 200 * iou / (1 + iou)
    return Judged(SPARK, "z", images, images, images, {"gmac": gmac, "mparams": 3.0}, Rules())


def test_a_figure_rests_on_the_images_of_its_rarest_mean_however_many_others_there_are():
    one, other = with_three_masks(0.97, 2.0), with_three_masks(0.72, 3.0)
    none = {name for name, limits in one.intervals().items() if limits is None}
    assert none >= {"s_seg", "s_acc", "s_final", "s_flops", "s_params"}
    assert not none & {"s_cls", "s_det"}
    said = {line.split()[0]: line for line in tables.difference(one, other).splitlines()[2:]}
    for name in ("s_seg", "s_acc", "s_final"):
        assert said[name].endswith("3 images are too few to say")
    for name, verdict in {"s_cls": "the same", "s_det": "real", "s_flops": "counted", "s_params": "the same"}.items():
        assert said[name].endswith(verdict)


def test_a_part_that_no_image_shows_keeps_no_figure_from_an_interval():
    judged = with_three_masks(0.97, 2.0)
    bare = judged.images.assign(body_truth=100.0, body_given=100.0, body_both=90.0, panel_truth=0.0)
    judged = replace(judged, images=bare)
    assert judged.fewest()["s_seg"] == judged.fewest()["s_final"] == 40
    assert judged.intervals()["s_seg"] is not None
    assert "s_flops" not in judged.fewest()


def test_less_than_itself_is_nothing(toy):
    assert toy.less(toy) == {"error": (0.0, 0.0)}


def test_an_answer_in_another_order_is_the_same(toy):
    assert toy.given["image_id"].tolist() == toy.truth["image_id"].tolist()


def test_an_upload_that_is_not_valid_is_not_judged(toy, tmp_path):
    path = tmp_path / "b.csv"
    shutil.copy(toy.zip, path)
    path.write_text(path.read_text() + "i00,0.5\n")
    with pytest.raises(UserError, match="not a valid submission"):
        Judged.of(TOY, path, toy.truth, TOY.judge.Rules())
