import math

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.judging.judged import Judged
from pipeline.tracks.pose import submission
from pipeline.tracks.pose.score import Rules
from tests.tracks.pose.files import BOTH, answers

FINITE = st.floats(allow_nan=False, allow_infinity=False)


SPEED = [f"synthetic/img{number:06}.jpg" for number in range(1, 4)] + ["real/img000001real.jpg"]


@pytest.mark.parametrize("image_ids", [SPEED, BOTH, BOTH[:2], [*SPEED, *BOTH], ["a.jpg", "b.jpg"], []])
def test_written_and_read_back(form, tmp_path, image_ids):
    rows = answers(image_ids)
    submission.write(tmp_path / "a.csv", rows, {"gmac": 1.0})
    findings, found, declared = submission.examine(tmp_path / "a.csv", rows[["image_id"]])
    if not image_ids:
        assert "is empty (0 bytes)" in findings.complaints[0]
        return
    assert (findings.complaints, findings.notes, declared) == ([], [], {})
    assert found["image_id"].tolist() == image_ids
    for name in ("quaternion", "translation_m"):
        assert [list(cell) for cell in found[name]] == [cell.tolist() for cell in rows[name]]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FINITE, FINITE, st.floats(min_value=0, max_value=400, exclude_min=True), st.integers(0, 999))
def test_every_number_is_read_back_to_the_last_bit(tmp_path, right, down, ahead, seed):
    across = [right % 100, down % 100]
    rows = answers(["synthetic/a.jpg"], seed).assign(translation_m=[[*across, ahead]])
    submission.write(tmp_path / "a.csv", rows, {})
    findings, found, _ = submission.examine(tmp_path / "a.csv", rows[["image_id"]])
    assert findings.complaints == []
    assert found["translation_m"][0] == [*across, ahead]
    assert found["quaternion"][0] == rows["quaternion"][0].tolist()


def test_the_same_answers_give_the_same_bytes(tmp_path):
    rows = answers(BOTH)
    lists = rows.assign(quaternion=rows["quaternion"].map(list), translation_m=rows["translation_m"].map(tuple))
    for name, table in (("a", rows), ("b", lists)):
        submission.write(tmp_path / name, table, {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_speed_asks_for(tmp_path):
    """File name, quaternion scalar first, metres, no header: as its own SubmissionWriter writes lines."""
    pose = {"quaternion": [[0.5, -0.5, 0.5, 0.5]], "translation_m": [[0.1, -0.25, 7.5]]}
    submission.write(tmp_path / "a.csv", pd.DataFrame({"image_id": ["real/img000001real.jpg"], **pose}), {})
    assert (tmp_path / "a.csv").read_bytes() == b"img000001real.jpg,0.5,-0.5,0.5,0.5,0.1,-0.25,7.5\n"


def test_what_speed_plus_asks_for(tmp_path):
    """The category before the name, both categories in one file."""
    pose = {"quaternion": [[1, 0, 0, 0]] * 2, "translation_m": [[0, 0, 5]] * 2}
    rows = pd.DataFrame({"image_id": ["lightbox/img000001.jpg", "sunlamp/img000001.jpg"], **pose})
    submission.write(tmp_path / "a.csv", rows, {})
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "lightbox,img000001.jpg,1.0,0.0,0.0,0.0,0.0,0.0,5.0",
        "sunlamp,img000001.jpg,1.0,0.0,0.0,0.0,0.0,0.0,5.0",
    ]


def test_names_alone_are_read_where_they_tell_images_apart(tmp_path):
    rows = answers(BOTH[:2])
    submission.write(tmp_path / "wide.csv", rows, {})
    text = (tmp_path / "wide.csv").read_text()
    (tmp_path / "narrow.csv").write_text(text.replace("lightbox,", ""))
    findings, found, _ = submission.examine(tmp_path / "narrow.csv", rows[["image_id"]])
    assert findings.complaints == []
    assert findings.notes == ["no category (lightbox or sunlamp) before the file names, as SPEED+'s rules ask for"]
    assert found["image_id"].tolist() == BOTH[:2]


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: text.rstrip("\n")])
def test_ends_of_lines_do_not_matter(tmp_path, change):
    rows = answers(SPEED)
    submission.write(tmp_path / "a.csv", rows, {})
    (tmp_path / "a.csv").write_bytes(change((tmp_path / "a.csv").read_text()).encode())
    assert submission.examine(tmp_path / "a.csv", rows)[0].complaints == []


MEANT = {
    "the scalar last": lambda w, x, y, z: [x, y, z, w],
    "camera to body": lambda w, x, y, z: [w, -x, -y, -z],
    "the scalar last and camera to body": lambda w, x, y, z: [-x, -y, -z, w],
}


@pytest.mark.parametrize("words", MEANT)
def test_rotations_in_another_convention_are_noted_where_truth_is_known(tmp_path, words):
    truth = answers([f"synthetic/{number}.jpg" for number in range(12)])
    given = truth.assign(quaternion=[MEANT[words](*q) for q in truth["quaternion"]])
    submission.write(tmp_path / "a.csv", given, {})
    findings, _, _ = submission.examine(tmp_path / "a.csv", truth)
    assert findings.complaints == []
    (note,) = findings.notes
    assert note.endswith(f"and 0.0 if they are meant with {words}")


@pytest.mark.parametrize("count", [4, 40])
def test_rotations_by_chance_are_not_noted(tmp_path, count):
    truth = answers([f"synthetic/{number}.jpg" for number in range(count)])
    submission.write(tmp_path / "a.csv", answers(truth["image_id"].tolist(), start=500), {})
    assert submission.examine(tmp_path / "a.csv", truth)[0].notes == []
    unknown = truth.assign(quaternion=None, translation_m=None)
    assert submission.examine(tmp_path / "a.csv", unknown)[0].notes == []


def test_a_set_is_answered_and_judged(form, whole, rows_of, tmp_path):
    """From files through index and upload to the score: each image turned by 0.2 rad about its own x axis."""
    rows = rows_of(whole).reset_index()
    truth = rows[rows["split"] == "val"].reset_index(drop=True)
    c, s = math.cos(0.1), math.sin(0.1)

    def turned(w, x, y, z):
        return [w * c - x * s, x * c + w * s, y * c + z * s, z * c - y * s]

    given = truth.assign(quaternion=[turned(*q) for q in truth["quaternion"]])
    form.upload.write(tmp_path / "a.csv", given, {})
    judged = Judged.of(form, tmp_path / "a.csv", truth, Rules())
    assert len(truth) == 5
    assert judged.figures()["speed_score"] == pytest.approx(0.2)
    assert judged.figures()["translation_m"] == 0
    form.upload.write(tmp_path / "a.csv", truth, {})
    assert set(Judged.of(form, tmp_path / "a.csv", truth, Rules()).figures().values()) == {0.0}
