"""A valid CSV with one fault at a time is refused by the fault's name, or noted."""

import codecs
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.tracks.pose import submission
from pipeline.tracks.pose.checks import AHEAD, COLUMNS_GOOD, IMAGES_GOOD, METRES, NUMBERS_GOOD, READABLE, UNIT
from tests.damage import damaged
from tests.tracks.pose.files import BOTH, answers

IMAGES = answers([f"synthetic/img{number:06}.jpg" for number in range(1, 8)])
SECOND = "img000002.jpg"


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    submission.write(path, IMAGES, {})
    return path.read_text()


def examined(path, content, images=IMAGES):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return submission.examine(path, images[["image_id"]])


def row(change):
    """A change of the second line's cells."""

    def changed(text):
        lines = text.splitlines()
        lines[1] = ",".join(change(lines[1].split(",")))
        return "\n".join(lines) + "\n"

    return changed


def cell(number, value):
    return row(lambda cells: [*cells[:number], value, *cells[number + 1 :]])


def every(change):
    return lambda text: "\n".join(map(change, text.splitlines())) + "\n"


def scaled(factor):
    """All positions times a factor."""

    def change(line):
        cells = line.split(",")
        return ",".join([*cells[:5], *(repr(float(value) * factor) for value in cells[5:])])

    return every(change)


HEADER = "filename,q1,q2,q3,q4,r1,r2,r3\n"
FAULTS = {
    "an image is missing": (lambda t: "\n".join(t.splitlines()[1:]), IMAGES_GOOD, "'img000001.jpg' is missing"),
    "an image twice": (cell(0, "img000001.jpg"), IMAGES_GOOD, "line 2: image 'img000001.jpg' twice, first in line 1"),
    "an unknown image": (cell(0, "img000099.jpg"), IMAGES_GOOD, "line 2: image 'img000099.jpg': not of this split"),
    "another split": (every(lambda x: "x" + x), IMAGES_GOOD, "none of its images is of this split: 'ximg000001.jpg'"),
    "a path": (cell(0, "/data/img000002.jpg"), IMAGES_GOOD, "expected 'img000002.jpg', no path"),
    "another system's path": (cell(0, r"C:\img000002.jpg"), IMAGES_GOOD, "expected 'img000002.jpg', no path"),
    "paths alone": (every(lambda x: "images/" + x), IMAGES_GOOD, "expected 'img000001.jpg', no path"),
    "capitals": (cell(0, "img000002.JPG"), IMAGES_GOOD, "'img000002.JPG': expected 'img000002.jpg': capitals matter"),
    "no ending": (cell(0, "img000002"), IMAGES_GOOD, "line 2: image 'img000002': not of this split"),
    "a quaternion of 0": (row(lambda c: [c[0], "0", "0", "0", "0", *c[5:]]), UNIT, "line 2: length 0, expected 1"),
    "no unit quaternion": (row(lambda c: [c[0], "1", "1", "0", "0", *c[5:]]), UNIT, "line 2: length 1.41421"),
    "NaN": (cell(2, "nan"), NUMBERS_GOOD, "line 2: q2 nan, expected finite numbers"),
    "infinite": (cell(7, "-inf"), NUMBERS_GOOD, "line 2: r3 -inf, expected finite numbers"),
    "overflow": (cell(7, "1e999"), NUMBERS_GOOD, "line 2: r3 inf, expected finite numbers"),
    "no number": (cell(3, "None"), NUMBERS_GOOD, "line 2: q3 'None': expected numbers"),
    "an empty cell": (cell(3, ""), NUMBERS_GOOD, "line 2: q3 '': expected numbers"),
    "foreign digits": (cell(3, "\u0660.\u0665"), NUMBERS_GOOD, "line 2: q3 '"),
    "Python's digits": (cell(3, "0_1"), NUMBERS_GOOD, "line 2: q3 '0_1'"),
    "brackets": (cell(1, "[0.5"), NUMBERS_GOOD, "line 2: q1 '[0.5'"),
    "behind the camera": (cell(7, "-7.25"), AHEAD, "line 2: r3 is -7.25 m, behind the camera"),
    "millimetres": (scaled(1000), METRES, "expected at most 500: millimetres?"),
    "a header": (
        lambda t: HEADER + t,
        COLUMNS_GOOD,
        "line 1: 'filename,q1,q2,q3,q4,r1,r2,r3' is a header, expected none",
    ),
    "a column less": (row(lambda c: c[:-1]), COLUMNS_GOOD, "line 2: 7 columns, expected 8: filename, q1, q2"),
    "a column more": (row(lambda c: [*c, "1"]), COLUMNS_GOOD, "line 2: 9 columns, expected 8"),
    "an index column": (every(lambda x: "0,1," + x), COLUMNS_GOOD, "line 1: 10 columns, expected 8"),
    "no names": (every(lambda x: x.partition(",")[2]), COLUMNS_GOOD, "line 1: 7 columns, expected 8"),
    "a blank line": (lambda t: t.replace("\n", "\n\n", 1), COLUMNS_GOOD, "line 2: 0 columns, expected 8"),
    "semicolons": (lambda t: t.replace(",", ";"), COLUMNS_GOOD, "line 1: separated by ';', expected ','"),
    "tabs": (lambda t: t.replace(",", "\t"), COLUMNS_GOOD, r"line 1: separated by '\t', expected ','"),
    "decimal commas": (
        lambda t: t.replace(".", ","),
        COLUMNS_GOOD,
        "expected 8: filename, q1, q2, q3, q4, r1, r2, r3; comma",
    ),
    "decimal commas in quotes": (
        cell(3, '"0,25"'),
        NUMBERS_GOOD,
        "q3 '0,25': expected numbers as 0.25 or 2.5e-1; commas",
    ),
    "semicolons and decimal commas": (
        lambda t: t.replace(",", ";").replace(".", ","),
        COLUMNS_GOOD,
        "separated by ';'",
    ),
    "empty": (lambda t: "", READABLE, "is empty (0 bytes), expected a line for each of 7 images"),
    "blank": (lambda t: "\n \n", READABLE, "is empty (3 bytes)"),
    "a byte order mark": (lambda t: codecs.BOM_UTF8 + t.encode(), READABLE, "starts with a byte order mark"),
    "UTF-16": (lambda t: t.encode("utf-16"), READABLE, "is UTF-16 or no text at all"),
    "a zip": (lambda t: b"PK\x03\x04\x14\x00" + bytes(30), READABLE, "is UTF-16 or no text at all"),
    "Latin-1": (lambda t: t.encode() + b"caf\xe9.jpg,1\n", READABLE, "line 8: byte 0xe9 is no UTF-8"),
    "an open quote": (lambda t: t + '"x', READABLE, "line 8: no CSV"),
    "far too long": (lambda t: t * 2000, READABLE, "bytes, expected at most 1,070,000 for 7 images"),
}


@pytest.mark.parametrize(("change", "check", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named(tmp_path, text, change, check, words):
    findings, rows, _ = examined(tmp_path / "a.csv", change(text))
    assert words in "\n".join(findings[check])
    assert [name for name, complaints in findings.items() if complaints] == [check]
    assert rows.empty
    with pytest.raises(UserError, match="is not a valid submission"):
        findings.refuse(tmp_path / "a.csv")


ONE_CAUSE = ("an image is missing", "a path", "capitals", "paths alone", "another split", "a header", "millimetres")


@pytest.mark.parametrize("fault", [*ONE_CAUSE, "semicolons", "a column less", "NaN", "behind the camera"])
def test_one_cause_is_one_complaint(tmp_path, text, fault):
    assert len(examined(tmp_path / "a.csv", FAULTS[fault][0](text))[0].complaints) == 1


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    submission.write(path, answers(BOTH), {})
    return path.read_text()


WIDE_FAULTS = {
    "no category": (
        lambda t: re.sub("^(lightbox|sunlamp),", "", t, flags=re.MULTILINE),
        COLUMNS_GOOD,
        "file names occur in several categories; expected lines are category, filename, q1",
    ),
    "an unknown category": (
        lambda t: t.replace("sunlamp,img000001", "sunlight,img000001"),
        IMAGES_GOOD,
        "line 3: image 'sunlight/img000001.jpg': ",
    ),
    "a category in capitals": (
        lambda t: t.replace("sunlamp,img000001", "Sunlamp,img000001"),
        IMAGES_GOOD,
        "expected 'sunlamp/img000001.jpg': capitals matter",
    ),
    "one category alone": (
        lambda t: "".join(line + "\n" for line in t.splitlines() if "sunlamp" in line),
        IMAGES_GOOD,
        "image 'lightbox/img000002.jpg' is missing",
    ),
    "a header": (
        lambda t: "category," + HEADER + t,
        COLUMNS_GOOD,
        "'category,filename,q1,q2,q3,q4,r1,r2,r3' is a header",
    ),
    "a column less": (
        lambda t: t.replace("lightbox,img000002", "img000002"),
        COLUMNS_GOOD,
        "line 2: 8 columns, expected 9",
    ),
}


@pytest.mark.parametrize(("change", "check", "words"), WIDE_FAULTS.values(), ids=WIDE_FAULTS)
def test_a_fault_of_categories_is_named(tmp_path, wide, change, check, words):
    findings, _, _ = examined(tmp_path / "a.csv", change(wide), answers(BOTH))
    assert words in "\n".join(findings[check])
    assert [name for name, complaints in findings.items() if complaints] == [check]


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(UserError, match=r"no file .*`\./run\.sh package` writes one"):
        submission.examine(tmp_path / "none.csv", IMAGES)
    with pytest.raises(UserError, match="is a folder; expected a CSV"):
        submission.examine(tmp_path, IMAGES)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_gives_a_traceback(tmp_path, text, data):
    """Bytes changed, cut out or put in anywhere: refused in words, or every image has a pose."""
    content = damaged(data, text.encode(), most_cut=100, most_put=30)
    findings, rows, _ = examined(tmp_path / "a.csv", content)
    if not findings.complaints:
        assert sorted(rows["image_id"]) == sorted(IMAGES["image_id"])
        assert all(len(q) == 4 and len(r) == 3 for q, r in zip(rows["quaternion"], rows["translation_m"], strict=True))
