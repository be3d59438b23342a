"""A valid zip with one fault at a time is refused by the fault's name."""

import re
import zipfile

import pytest

from pipeline.masks import rle
from pipeline.tracks.spark2026 import SIZE
from tests.makers import answers
from tests.tracks.spark2026.zips import MEMBERS, change_row, members_of, refusal, rewritten

SHORT = rle.encode(rle.decode(answers([1])["body_rle"][0], SIZE, SIZE)[:512, :512])


ROW_FAULTS = {
    "class outside the list": ({"class": "Hubble"}, "class 'Hubble'"),
    "class by number": ({"class": "3"}, "class '3'"),
    "NaN box": ({"bbox": '"(nan, 2, 3, 4)"'}, "four finite numbers"),
    "foreign digits": ({"bbox": '"(\u0661, \u0662, \u0663, \u0664)"'}, "four finite numbers"),
    "an array": ({"bbox": '"array([1, 2, 3, 4])"'}, "four finite numbers"),
    "an open bracket": ({"bbox": '"(1, 2, 3, 4"'}, "four finite numbers"),
    "brackets of two kinds": ({"bbox": '"(1, 2, 3, 4]"'}, "four finite numbers"),
    "no commas": ({"bbox": "(1 2 3 4)"}, "four finite numbers"),
    "two pairs of brackets": ({"bbox": '"((1, 2, 3, 4))"'}, "four finite numbers"),
    "a huge number": ({"bbox": '"(1, 2, 3, 1e999)"'}, "four finite numbers"),
    "three numbers": ({"bbox": '"(1, 2, 3)"'}, "four finite numbers"),
    "inverted box": ({"bbox": '"(30, 20, 10, 40)"'}, "empty, inverted or outside"),
    "empty box": ({"bbox": '"(30, 20, 30, 40)"'}, "empty, inverted or outside"),
    "box outside": (
        {"bbox": '"(30, 20, 1025, 40)"'},
        "expected 0 <= x_min < x_max <= 1024 and 0 <= y_min < y_max <= 1024",
    ),
    "negative box": (
        {"bbox": '"(-1, 20, 30, 40)"'},
        "expected 0 <= x_min < x_max <= 1024 and 0 <= y_min < y_max <= 1024",
    ),
    "RLE of another size": ({"body_rle": SHORT}, f"runs sum to {512 * 512}"),
    "RLE garbage": ({"panel_rle": "not counts"}, "panel_rle: characters outside"),
    "RLE of negative runs": ({"body_rle": "1@3"}, "body_rle: a run of negative length"),
    "RLE cut": ({"body_rle": "PP"}, "body_rle: the text ends in the middle of a run"),
    "RLE of a giant": ({"body_rle": "o" * 12 + "0"}, "body_rle: a run longer than any image"),
    "RLE empty": ({"panel_rle": ""}, "panel_rle: expected a text of COCO counts"),
    "unknown image": ({"image_id": "image 99"}, "'image 99' is not of this split"),
    "duplicate image": ({"image_id": "image 2"}, "line 3: image 'image 2' twice, first in line 2"),
}


@pytest.mark.parametrize(("cells", "words"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_faulty_rows_are_refused_by_name(path, cells, words):
    members = members_of(path)
    change_row(members, **cells)
    said = refusal(rewritten(path, members))
    assert words in said
    assert re.search(r"submission.csv: line \d: image", said)


def replaced(member, old, new):
    def change(members):
        assert old in members[member]
        members[member] = members[member].replace(old, new, 1)

    return change


FILE_FAULTS = {
    "nested": (
        lambda m: m.update({"out/submission.csv": m.pop("submission.csv")}),
        "'out/submission.csv': not expected",
    ),
    "leaves the folder": (
        lambda m: m.update({"../submission.csv": m.pop("submission.csv")}),
        "'../submission.csv': not expected",
    ),
    "absolute": (lambda m: m.update({"/submission.csv": ""}), "'/submission.csv': not expected"),
    "extra": (lambda m: m.update({"notes.txt": ""}), "'notes.txt': not expected"),
    "missing": (lambda m: m.pop("coco_segm.json"), "'coco_segm.json': missing"),
    "column": (replaced("submission.csv", "bbox", "box"), "columns ['image_id', 'class', 'box'"),
    "order": (replaced("submission.csv", "image_id,class", "class,image_id"), "columns ['class', 'image_id'"),
    "not a csv": (lambda m: m.update({"submission.csv": ""}), "columns [], expected"),
    "not json": (
        lambda m: m.update({"coco_bbox.json": "[1,"}),
        "coco_bbox.json: no JSON in UTF-8: Expecting value: line 1",
    ),
    "wrong kind": (lambda m: m.update({"coco_bbox.json": "{}"}), "coco_bbox.json: expected a list"),
    "compute": (replaced("efficiency.json", "4.483", "100.5"), "gmac is 100.5, over the budget of 100"),
    "parameters": (replaced("efficiency.json", "3.454", "30.1"), "mparams is 30.1, over the budget of 30"),
    "not finite": (replaced("efficiency.json", "4.483", "NaN"), "gmac is nan, expected a number above 0"),
    "not a number": (replaced("efficiency.json", "4.483", '"4"'), "gmac is '4', expected a number"),
    "another box": (
        replaced("coco_bbox.json", '"bbox": [', '"bbox": [1'),
        "bbox [1228.0, 237.0, 416.0, 330.0] differs from submission.csv, expected [228.0, 237.0",
    ),
    "another class": (replaced("coco_bbox.json", '"category_id": 2', '"category_id": 9'), "has no such answer"),
    "no image": (replaced("coco_bbox.json", '"image_id"', '"id"'), "coco_bbox.json: record 0: expected image_id"),
    "no category": (replaced("coco_segm.json", '"category_id": 1', '"category_id": true'), "category True)"),
    "no score": (replaced("coco_segm.json", '"score"', '"points"'), "record 0: expected image_id"),
    "score": (replaced("coco_segm.json", '"score": 0.9', '"score": 1.9'), "score 1.9, expected 0 to 1"),
    "RLE that is no string": (
        lambda m: m.update({"coco_segm.json": re.sub('"counts": "[^"]*"', '"counts": [5, 6]', m["coco_segm.json"])}),
        "record 0 (image 'image 1', category 1): segmentation has counts as a list (COCO's uncompressed RLE), expected",
    ),
    "RLE of another frame": (replaced("coco_segm.json", "[1024, 1024]", "[1024, 512]"), "{'size': [1024, 512]"),
    "a class that is no number": (replaced("coco_bbox.json", '"category_id": 2', '"category_id": "2"'), "category '2'"),
    "not UTF-8": (
        lambda m: m.update({"submission.csv": b"\xff"}),
        "submission.csv: line 1: no CSV in UTF-8: 'utf-8' codec can't decode byte 0xff",
    ),
    "a cell more": (replaced("submission.csv", "\nimage 2,", "\njunk,image 2,"), "line 3: 6 cells, expected 5"),
    "a blank line": (replaced("submission.csv", "\nimage 2,", "\n\nimage 2,"), "line 3: 0 cells, expected 5"),
    "an open quote": (
        lambda m: m.update({"submission.csv": m["submission.csv"] + '"x'}),
        "no CSV in UTF-8: unexpected",
    ),
    "a header alone": (
        lambda m: m.update({"submission.csv": m["submission.csv"].partition("\n")[0] + "\n"}),
        "image 'image 1' is missing",
    ),
    "rows without end": (
        lambda m: m.update({"submission.csv": m["submission.csv"] + 1100 * "a,b,c,d,e\n"}),
        "more than 1,030 rows, expected one an image",
    ),
    "values without end": (
        lambda m: m.update({"coco_bbox.json": "[" + 8999 * "{}," + "{}]"}),
        "coco_bbox.json: 18,000 values, expected at most 16,480",
    ),
    "a key twice": (
        lambda m: m.update({"efficiency.json": '{"gmac": 50, "gmac": 1, "mparams": 1}'}),
        "efficiency.json: no JSON in UTF-8: a key twice among ['gmac', 'gmac', 'mparams']",
    ),
    "no figure": (replaced("efficiency.json", '"gmac"', '"gmacs"'), "efficiency.json: gmac is missing"),
    "a byte order mark": (
        lambda m: m.update({"submission.csv": "\ufeff" + m["submission.csv"]}),
        "submission.csv: starts with a byte order mark, expected plain UTF-8",
    ),
    "a byte order mark in JSON": (
        lambda m: m.update({"coco_bbox.json": "\ufeff" + m["coco_bbox.json"]}),
        "coco_bbox.json: starts with a byte order mark, expected plain UTF-8",
    ),
    "no compute": (replaced("efficiency.json", "4.483", "0"), "gmac is 0, expected a number above 0"),
    "a long story": (lambda m: change_row(m, **{"class": "x" * 5000}), "class 'xxx"),
    "no records": (lambda m: m.update({"coco_segm.json": "[]"}), "'image 1', category 1: missing"),
}


@pytest.mark.parametrize(("change", "words"), FILE_FAULTS.values(), ids=FILE_FAULTS)
def test_faulty_files_are_refused_by_name(path, change, words):
    members = members_of(path)
    change(members)
    said = refusal(rewritten(path, members))
    assert words in said
    assert max(map(len, said.splitlines())) < 400


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_a_member_twice(path, member):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, archive.read(member))
    assert f"member '{member}': 2 times" in refusal(path)


ONE_CAUSE = {
    "class": {"class": "Hubble"},
    "box": {"bbox": '"(30, 20, 10, 40)"'},
    "body": {"body_rle": "PP"},
    "empty panel": {"panel_rle": ""},
}


@pytest.mark.parametrize("cells", ONE_CAUSE.values(), ids=ONE_CAUSE)
def test_one_cause_is_one_complaint(path, cells):
    members = members_of(path)
    change_row(members, **cells)
    assert "1 complaints" in refusal(rewritten(path, members))


def test_an_image_that_is_missing_or_twice_is_one_complaint(path):
    members = members_of(path)
    lines = members["submission.csv"].splitlines(keepends=True)
    members["submission.csv"] = "".join(lines[:-1])
    assert "1 complaints" in refusal(rewritten(path, members))
    members["submission.csv"] = "".join([*lines, lines[-1]])
    assert "1 complaints" in refusal(rewritten(path, members))
