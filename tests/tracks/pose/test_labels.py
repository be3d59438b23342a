import json
import math

import numpy as np
import pytest

from pipeline.dataset.problems import Problem
from pipeline.errors import UserError
from pipeline.tracks.pose import labels
from pipeline.tracks.pose.labels import Pose
from tests.tracks.pose import files

GOOD = {"filename": "a.jpg", "q_vbs2tango_true": [0.6, 0, 0.8, 0], "r_Vo2To_vbs_true": [0.1, -0.2, 5]}


def read(tmp_path, content):
    path = tmp_path / "train.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return labels.read_json(path, "synthetic/train.json")


def one(tmp_path, **changed):
    ((_, pose),) = read(tmp_path, [GOOD | changed])
    return pose


@pytest.mark.parametrize("ending", ["", "_true"])
def test_both_names_of_a_pose_are_known(tmp_path, ending):
    row = {"filename": "a.jpg", f"q_vbs2tango{ending}": [0, 0, 0, 1], f"r_Vo2To_vbs{ending}": [0, 0, 3]}
    assert read(tmp_path, [row]) == [("a.jpg", Pose((0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 3.0)))]


def test_quaternions_that_are_nearly_unit_are_made_so(tmp_path):
    for length in (0.9995, 1.0, 1.0009):
        pose = one(tmp_path, q_vbs2tango_true=[0.6 * length, 0, 0.8 * length, 0])
        assert pose.problems == ()
        assert pose.quaternion == pytest.approx((0.6, 0, 0.8, 0), abs=1e-15)


Q, R = "q_vbs2tango_true", "r_Vo2To_vbs_true"
POSE_FAULTS = {
    "no unit quaternion": ({Q: [0.6, 0, 0.81, 0]}, "quaternion-norm", "length 1.00802, expected 1 (within 0.001)"),
    "zero quaternion": ({Q: [0, 0, 0, 0]}, "quaternion-norm", "length 0, expected 1"),
    "NaN": ({Q: [math.nan, 0, 0, 1]}, "pose-not-finite", "quaternion [nan, 0, 0, 1]"),
    "infinite": ({R: [0, 0, math.inf]}, "pose-not-finite", "translation [0, 0, inf]"),
    "no float": ({R: [0, 0, 10**400]}, "pose-not-finite", "translation [0, 0, 1000"),
    "behind": ({R: [0, 0, -5]}, "pose-behind", "z = -5 m, behind the camera"),
    "in the camera": ({R: [0, 0, 0]}, "pose-behind", "z = 0 m"),
    "three numbers": ({Q: [1, 0, 0]}, "pose-length", "quaternion [1, 0, 0], expected 4 numbers"),
    "four numbers": ({R: [1, 0, 0, 5]}, "pose-length", "translation [1, 0, 0, 5], expected 3 numbers"),
    "a matrix": ({Q: [[1, 0, 0, 0]]}, "pose-length", "quaternion [[1, 0, 0, 0]]"),
    "a number": ({R: 5}, "pose-length", "translation 5"),
    "texts": ({R: ["0", "0", "5"]}, "pose-unreadable", "translation ['0', '0', '5']"),
    "truth values": ({Q: [True, False, False, False]}, "pose-unreadable", "quaternion [True"),
    "half a pose": ({R: None}, "pose-incomplete", "no translation"),
    "the other half": ({Q: None}, "pose-incomplete", "no quaternion"),
}


@pytest.mark.parametrize(("changed", "code", "words"), POSE_FAULTS.values(), ids=POSE_FAULTS)
def test_what_can_be_no_pose_is_cleared_and_named(tmp_path, changed, code, words):
    pose = one(tmp_path, **changed)
    assert (pose.quaternion, pose.translation_m) == (None, None)
    (problem,) = pose.problems
    assert (problem.code, problem.path) == (code, "synthetic/train.json")
    assert words in problem.text


def test_millimetres_are_suspected_and_kept(tmp_path):
    pose = one(tmp_path, r_Vo2To_vbs_true=[100, -200, 5000])
    assert pose.translation_m == (100, -200, 5000)
    assert pose.problems == (Problem("pose-millimetres", "synthetic/train.json", "5005 m away: millimetres?"),)


JSON_FAULTS = {
    "cut": ('[{"filename": "a.jpg"', "no JSON: Expecting ',' delimiter"),
    "empty": ("", "no JSON: Expecting value: line 1"),
    "an object": ('{"a.jpg": []}', "expected a list of objects with filename and pose, found {'a.jpg': []}"),
    "deep": ("[" * 100_000, "no JSON"),
    "no objects": ('[["a.jpg", 1]]', "row 1: ['a.jpg', 1]"),
    "no name": (
        '[{"filename": "a.jpg"}, {"file": "b.jpg"}, 3]',
        "found 2 others:\n  row 2: {'file': 'b.jpg'}\n  row 3: 3",
    ),
    "a number as name": ('[{"filename": 7}]', "row 1: {'filename': 7}"),
    "outside": ('[{"filename": "../a.jpg"}, {"filename": "/a.jpg"}]', "row 1: '../a.jpg'\n  row 2: '/a.jpg'"),
    "nowhere": ('[{"filename": ""}]', "row 1: ''"),
    "half a surrogate": (r'[{"filename": "\ud800.jpg"}]', "row 1: '\\ud800.jpg'"),
}


@pytest.mark.parametrize(("content", "words"), JSON_FAULTS.values(), ids=JSON_FAULTS)
def test_a_damaged_table_is_one_error(tmp_path, content, words):
    with pytest.raises(UserError) as error:
        read(tmp_path, content)
    assert str(tmp_path / "train.json") in str(error.value)
    assert words in str(error.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "train.json").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(UserError, match="no JSON: "):
        labels.read_json(tmp_path / "train.json", "train.json")


HEADER = "filename,sequence,Tx,Ty,Tz,Qx,Qy,Qz,Qw\n"


def csv(tmp_path, content, posed=True):
    (tmp_path / "train.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return labels.read_csv(tmp_path / "train.csv", "train/train.csv", posed)


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "a.jpg,GT001,0.5,0.25,3,0.6,0.8,0,0\n",
        "\ufeffQw, Qz,Qy,Qx,Tz,Ty,Tx,sequence,filename,more\n0,0,0.8,0.6,3,0.25,0.5,GT001, a.jpg,x\n",
    ],
)
def test_columns_of_spark_are_found_by_name(tmp_path, content):
    assert csv(tmp_path, content) == [("GT001/a.jpg", Pose((0.0, 0.6, 0.8, 0.0), (0.5, 0.25, 3.0)))]
    assert csv(tmp_path, content, posed=False) == [("GT001/a.jpg", Pose())]


CSV_FAULTS = {
    "no columns": ("a,b\n1,2\n", "has columns ['a', 'b']; no filename, sequence, Tx"),
    "semicolons": (HEADER.replace(",", ";"), "no filename"),
    "empty": ("", "no CSV in UTF-8: No columns to parse"),
    "more cells than columns": (HEADER + "a.jpg,s,0,0,3,0,0,0,1,9\n", "more cells in a row than columns"),
    "a longer row": (HEADER + "a.jpg,s,0,0,3,0,0,0,1\nb.jpg,s,0,0,3,0,0,0,1,9\n", "no CSV in UTF-8"),
    "not UTF-8": (HEADER.encode() + b"caf\xe9.jpg,s,0,0,3,0,0,0,1\n", "no CSV in UTF-8"),
    "outside": (HEADER + "../../a.jpg,s,0,0,3,0,0,0,1\n", "row 1: 's/../../a.jpg'"),
}


@pytest.mark.parametrize(("content", "words"), CSV_FAULTS.values(), ids=CSV_FAULTS)
def test_a_damaged_csv_is_one_error(tmp_path, content, words):
    with pytest.raises(UserError) as error:
        csv(tmp_path, content)
    assert str(tmp_path / "train.csv") in str(error.value)
    assert words in str(error.value)


def test_cells_of_spark_that_are_no_numbers(tmp_path):
    found = csv(tmp_path, HEADER + "a.jpg,s,0,0,far,0,0,0,1\nb.jpg,s,0,0,3,0,0,0,nan\nc.jpg,s,0,0\n")
    assert [pose.problems[0].code for _, pose in found] == ["pose-unreadable", "pose-not-finite", "pose-unreadable"]


def test_many_poses_are_read_as_they_were_written(tmp_path):
    rows = [files.label(f"{number}.jpg", number) for number in range(300)]
    found = read(tmp_path, rows)
    assert [pose.translation_m for _, pose in found] == [tuple(row["r_Vo2To_vbs_true"]) for row in rows]
    assert np.allclose([pose.quaternion for _, pose in found], [row["q_vbs2tango_true"] for row in rows], atol=1e-15)
