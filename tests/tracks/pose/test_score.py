import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.judging.judged import Judged
from pipeline.tracks.pose import score, submission
from pipeline.tracks.pose.score import JUDGE, Rules
from tests.tracks.pose import files

ANGLE, SHARE = math.radians(0.169), 0.002173


def published(truth, given, thresholds=True):
    """The definition as the competitions print it, image by image."""
    total = 0.0
    for (_, true), (_, answer) in zip(truth.iterrows(), given.iterrows(), strict=True):
        dot = sum(a * b for a, b in zip(true.quaternion, answer.quaternion, strict=True))
        orientation = 2 * math.acos(min(abs(dot), 1))
        position = math.dist(true.translation_m, answer.translation_m) / math.hypot(*true.translation_m)
        lenient = thresholds and true.domain in ("lightbox", "sunlamp")
        total += 0 if lenient and orientation < ANGLE else orientation
        total += 0 if lenient and position < SHARE else position
    return total / len(truth)


def turned(quaternion, axis, angle):
    """The product with the quaternion of a rotation by an angle, radians, about an axis."""
    axis = np.array(axis) / np.linalg.norm(axis)
    (w, *u), (c, *s) = quaternion, [math.cos(angle / 2), *(math.sin(angle / 2) * axis)]
    return [w * c - np.dot(u, s), *(w * np.array(s) + c * np.array(u) + np.cross(u, s))]


def table(count, domain=None, start=0):
    """True poses of so many images, of three domains in turn."""
    names = ("synthetic", "lightbox", "sunlamp")
    rows = [(f"{i}.jpg", domain or names[i % 3], *files.pose(start + i)) for i in range(count)]
    return pd.DataFrame(rows, columns=["image_id", "domain", "quaternion", "translation_m"])


def moved(truth, angles, shares, seed=0):
    """Answers that are so many radians and shares of the distance off, some with the other sign."""
    rng = np.random.default_rng(seed)
    given = truth[["image_id"]].copy()
    signs, axes = rng.choice([-1, 1], len(truth)), rng.normal(size=(len(truth), 3))
    given["quaternion"] = [
        [sign * value for value in turned(q, axis, angle)]
        for q, axis, angle, sign in zip(truth["quaternion"], axes, angles, signs, strict=True)
    ]
    ways = rng.normal(size=(len(truth), 3))
    given["translation_m"] = [
        (np.array(r) + share * math.hypot(*r) * way / np.linalg.norm(way)).tolist()
        for r, share, way in zip(truth["translation_m"], shares, ways, strict=True)
    ]
    return given


def judged(form, truth, given, **rules):
    return form.figures(score.per_image(truth, given), Rules(**rules), {})


@pytest.mark.parametrize("thresholds", ["hardware", "none"])
@pytest.mark.parametrize("seed", range(5))
def test_random_answers_against_the_published_definition(form, seed, thresholds):
    rng = np.random.default_rng(seed)
    truth = table(60, start=100 * seed)
    angles = np.where(rng.random(60) < 0.3, rng.uniform(1e-3, 2 * ANGLE, 60), rng.uniform(0.05, 3, 60))
    given = moved(truth, angles, np.where(rng.random(60) < 0.3, rng.uniform(0, 2 * SHARE, 60), rng.random(60)), seed)
    found = judged(form, truth, given.sample(frac=1, random_state=seed), thresholds=thresholds)
    assert found["speed_score"] == pytest.approx(published(truth, given, thresholds == "hardware"), abs=1e-12)
    assert found["speed_score"] == pytest.approx(found["orientation"] + found["position"], abs=1e-15)
    assert found["rotation_deg"] == pytest.approx(np.rad2deg(angles).mean(), abs=1e-9)
    assert found["median_rotation_deg"] == pytest.approx(np.median(np.rad2deg(angles)), abs=1e-9)
    metres = [math.dist(*pair) for pair in zip(truth["translation_m"], given["translation_m"], strict=True)]
    assert found["translation_m"] == pytest.approx(np.mean(metres), abs=1e-12)
    assert found["median_translation_m"] == pytest.approx(np.median(metres), abs=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("thresholds", ["hardware", "none"])
def test_truth_scores_exactly_zero(form, sign, thresholds):
    truth = table(50)
    given = truth.assign(quaternion=[[sign * value for value in q] for q in truth["quaternion"]])
    assert set(judged(form, truth, given, thresholds=thresholds).values()) == {0.0}


@settings(max_examples=50)
@given(st.integers(0, 10**9), st.floats(0, math.pi))
def test_the_angle_of_a_rotation_is_found_at_every_size(seed, angle):
    """arccos would lose half the digits near 0."""
    q, axis = np.split(np.random.default_rng(seed).normal(size=7), [4])
    q /= np.linalg.norm(q)
    others = np.array([turned(q, axis, angle), turned(q, axis, -angle)])
    assert score.rotation_error(np.array([q, q]), others) == pytest.approx([angle] * 2, abs=2e-15)
    assert score.rotation_error(others, np.array([-q, -q])) == pytest.approx([angle] * 2, abs=2e-15)


@pytest.mark.parametrize("angle", [1e-12, 1e-9, 1e-6, 1e-3])
def test_small_angles_keep_their_digits(angle):
    q = np.array([1.0, 0, 0, 0])
    other = np.array([math.cos(angle / 2), math.sin(angle / 2), 0, 0])
    assert score.rotation_error(q[None], other[None])[0] == pytest.approx(angle, rel=1e-12)


def at(rotation_deg, share, hardware=True):
    """Errors of one image, 4 m away."""
    row = {"rotation_rad": np.deg2rad(rotation_deg), "translation_m": 4 * share, "distance_m": 4.0}
    return pd.DataFrame([row | {"image_id": "a", "hardware": hardware}])


def test_a_term_counts_from_its_threshold_on(form):
    below, position_below = np.nextafter(0.169, 0), np.nextafter(SHARE, 0)
    assert np.rad2deg(np.deg2rad(0.169)) == 0.169
    assert form.figures(at(below, position_below), Rules(), {})["speed_score"] == 0
    assert form.figures(at(0.169, position_below), Rules(), {})["speed_score"] == pytest.approx(ANGLE)
    assert form.figures(at(below, SHARE), Rules(), {})["speed_score"] == pytest.approx(SHARE)
    for rules, hardware in ((Rules("none"), True), (Rules(), False)):
        found = form.figures(at(below, position_below, hardware), rules, {})
        assert found["speed_score"] == pytest.approx(ANGLE + SHARE)
    plain = form.figures(at(below, position_below), Rules(), {})
    assert plain["rotation_deg"] == pytest.approx(0.169)
    assert plain["translation_m"] == pytest.approx(4 * SHARE)


@pytest.mark.parametrize(
    ("domain", "lenient"),
    [("lightbox", True), ("sunlamp", True), ("real", False), ("synthetic", False), ("lightbox2", False)],
)
def test_labels_are_excused_where_speed_plus_has_them_and_nowhere_else(form, domain, lenient):
    """Photographs of SPEED (2019) and SPARK 2022 are no hardware of SPEED+'s competition."""
    truth = table(4, domain)
    given = moved(truth, [ANGLE / 2] * 4, [SHARE / 2] * 4)
    expected = 0 if lenient else (ANGLE + SHARE) / 2
    assert judged(form, truth, given)["speed_score"] == pytest.approx(expected, abs=1e-12)
    assert judged(form, truth, given, thresholds="none")["speed_score"] == pytest.approx((ANGLE + SHARE) / 2)


def test_a_quaternion_s_length_does_not_matter(form):
    truth = table(9)
    given = moved(truth, np.full(9, 0.3), np.full(9, 0.1))
    longer = given.assign(quaternion=[[1.0005 * value for value in q] for q in given["quaternion"]])
    assert judged(form, truth, longer)["orientation"] == pytest.approx(
        judged(form, truth, given)["orientation"], abs=1e-14
    )


@pytest.mark.parametrize(
    "lost", [{"quaternion": [0.0] * 4}, {"quaternion": [np.nan] * 4}, {"translation_m": [0.0, np.inf, 1.0]}]
)
def test_an_answer_that_is_none_is_half_a_turn_and_the_whole_distance_off(form, lost):
    truth = table(1, "synthetic")
    given = truth.copy()
    for name, value in lost.items():
        given.at[0, name] = value
    found = judged(form, truth, given)
    assert found["speed_score"] == pytest.approx(math.pi + 1)
    assert found["rotation_deg"] == 180


def test_images_without_truth_are_left_out_and_without_any_there_is_no_figure(form):
    truth = table(4)
    given = moved(truth, [0.1, 0.2, 0.3, 0.4], [0.1] * 4)
    truth.loc[[2, 3], "quaternion"] = None
    truth.loc[3, "translation_m"] = None
    assert judged(form, truth, given)["orientation"] == pytest.approx(0.15)
    truth["quaternion"] = None
    assert set(judged(form, truth, given).values()) == {None}


def test_an_image_without_an_answer_is_an_error():
    with pytest.raises(KeyError):
        score.per_image(table(2), table(1))


def test_groups_are_domains_and_distances():
    truth = table(30)
    truth.at[0, "translation_m"] = None
    truth.at[1, "translation_m"] = [0.0, 0.0, 8.0]
    truth.at[2, "translation_m"] = [0.0, 3.0, 40.0]
    domains = score.by_domain(truth)
    assert {name: mask_n.sum() for name, mask_n in domains.items()} == {"lightbox": 10, "sunlamp": 10, "synthetic": 10}
    groups = score.by_distance(truth)
    assert list(groups) == ["4 to 6 m", "6 to 8 m", "8 to 10 m", "20 m and more"]
    assert sum(mask_n.sum() for mask_n in groups.values()) == 29
    assert groups["8 to 10 m"][1]
    assert groups["20 m and more"].tolist() == [number == 2 for number in range(30)]


def test_what_a_score_holds(form, tmp_path):
    truth = table(40).assign(height=1200, width=1920)
    angles = np.linspace(0.01, 0.4, 40)
    submission.write(tmp_path / "a.csv", moved(truth, angles, np.full(40, 0.05)), {})
    content = Judged.of(form, tmp_path / "a.csv", truth, Rules()).content()
    assert content["speed_score"] == pytest.approx(angles.mean() + 0.05)
    low, high = content["intervals"]["speed_score"]
    assert low < content["speed_score"] < high
    assert content["worst"][0] == {"image_id": "39.jpg", "score": pytest.approx(0.45)}
    assert content["best"][0]["image_id"] == "0.jpg"
    lightbox = content["by_domain"]["lightbox"]
    assert lightbox["images"] == 13
    assert lightbox["median_rotation_deg"][0] == pytest.approx(np.rad2deg(np.median(angles[1::3])))
    assert set(JUDGE.words) <= set(content)
    low, high = content["intervals"]["median_rotation_deg"]
    assert low < np.rad2deg(np.median(angles)) < high
