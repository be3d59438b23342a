import ast
import contextlib
import errno
import json
import os
import re
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.tracks.spark2026 import SIZE, submission
from pipeline.tracks.spark2026.track import TRACK
from tests.makers import answer_row, answers, asked, scene

NUMBERS = [1, 2, 13]
IDS = [f"image {number}" for number in NUMBERS]
IMAGES = asked(IDS)
EFFICIENCY = {"gmac": 4.483, "mparams": 3.454}
MEMBERS = {"submission.csv", "coco_bbox.json", "coco_segm.json", "efficiency.json"}


@pytest.fixture
def path(tmp_path):
    submission.write(tmp_path / "s.zip", answers(NUMBERS), EFFICIENCY)
    return tmp_path / "s.zip"


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rewritten(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def refusal(path):
    with pytest.raises(UserError) as error:
        TRACK.upload.read(path, IMAGES)
    return str(error.value)


def test_round_trip(path):
    rows, efficiency = TRACK.upload.read(path, IMAGES)
    written = answers(NUMBERS)
    for name in rows.columns:
        assert rows[name].tolist() == written[name].tolist()
    assert efficiency == EFFICIENCY


def test_flat_with_exactly_the_members_and_the_same_bytes_twice(path, tmp_path):
    assert members_of(path).keys() == MEMBERS
    submission.write(tmp_path / "again.zip", answers(NUMBERS), dict(reversed(EFFICIENCY.items())))
    assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()


def test_pycocotools_loads_both_files_and_finds_perfect_answers_perfect(path, tmp_path, capsys):
    rows = answers(NUMBERS)
    members = members_of(path)
    for member, kind, categories in (("coco_bbox.json", "bbox", 10), ("coco_segm.json", "segm", 2)):
        results = json.loads(members[member])
        truth = []
        for number, record in enumerate(results, start=1):
            row = rows[rows["image_id"] == record["image_id"]].iloc[0]
            box = [row.x_min, row.y_min, row.x_max - row.x_min, row.y_max - row.y_min]
            part = "body_rle" if record["category_id"] == 1 else "panel_rle"
            segmentation = {"size": [SIZE, SIZE], "counts": row[part]}
            area = box[2] * box[3]
            truth.append(
                {"id": number, "image_id": record["image_id"], "category_id": record["category_id"], "iscrowd": 0}
                | {"bbox": box, "area": area, "segmentation": segmentation}
            )
        images = [{"id": image_id, "height": SIZE, "width": SIZE} for image_id in IDS]
        names = [{"id": i + 1, "name": str(i)} for i in range(categories)]
        (tmp_path / "truth.json").write_text(json.dumps({"images": images, "annotations": truth, "categories": names}))
        (tmp_path / "results.json").write_text(members[member])
        coco = COCO(str(tmp_path / "truth.json"))
        judged = COCOeval(coco, coco.loadRes(str(tmp_path / "results.json")), kind)
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
        assert judged.stats[0] == pytest.approx(1.0)


def test_empty_masks_have_no_coco_record(tmp_path):
    rows = answers(NUMBERS)
    rows.loc[0, "panel_rle"] = rle.encode(rle.decode(rows.loc[0, "panel_rle"], SIZE, SIZE) & False)
    submission.write(tmp_path / "e.zip", rows, EFFICIENCY)
    TRACK.upload.read(tmp_path / "e.zip", IMAGES)
    assert len(json.loads(members_of(tmp_path / "e.zip")["coco_segm.json"])) == 5


def change_row(members, **cells):
    lines = members["submission.csv"].splitlines()
    image_id, cls, rest = lines[1].split(",", 2)
    box, body, panel = rest.rsplit(",", 2)
    now = {"image_id": image_id, "class": cls, "bbox": box, "body_rle": body, "panel_rle": panel} | cells
    lines[1] = ",".join(now.values())
    members["submission.csv"] = "\n".join(lines) + "\n"


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


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("submission.csv", stat.S_IFLNK | 0o777, "'submission.csv': a link or folder, expected a file"),
        ("efficiency.json", stat.S_IFDIR | 0o777, "'efficiency.json': a link or folder"),
        ("coco_bbox.json\0evil", 0, "'coco_bbox.json\\x00evil': not expected"),
    ],
)
def test_members_that_would_unpack_as_something_else(path, name, mode, words):
    members = members_of(path)
    with zipfile.ZipFile(path, "w") as archive:
        for known, text in members.items():
            member = zipfile.ZipInfo(known)
            if name.startswith(known):
                member.filename, member.external_attr = name, mode << 16
            archive.writestr(member, text)
    assert words in refusal(path)


def test_encrypted_and_oddly_packed_members(path):
    members = members_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    assert refusal(path).count("packed by lzma, expected stored or deflated") == 4


def test_what_stands_before_the_first_member(path):
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert "has something before its first member" in refusal(path)


def test_the_zip_of_another_split_is_one_line(path):
    with pytest.raises(UserError, match="1 complaints") as error:
        TRACK.upload.read(path, asked(["test_00000_img.jpg"]))
    said = "none of its images ('image 1', 'image 2' ...) is of this split ('test_00000_img.jpg' ...)"
    assert said in str(error.value)


def test_a_bomb_is_refused_by_its_declared_size(path):
    members = members_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in members.items():
            if name != "coco_bbox.json":
                archive.writestr(name, text)
        with archive.open("coco_bbox.json", "w") as member:
            for _ in range(513):
                member.write(bytes(2**20))
    assert path.stat().st_size < 3e6
    most = 3 * (2 * 2 * (2 * 1024 * 1024 + 1000) + 2000) + 2**20
    assert f"'coco_bbox.json': 537,919,488 bytes unpacked, expected at most {most:,}" in refusal(path)


def test_a_bomb_that_declares_less_is_read_no_further(path):
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # the directory's first: its unpacked size is at 24
    (size,) = struct.unpack_from("<I", content, entry + 24)
    struct.pack_into("<I", content, entry + 24, size // 2)
    path.write_bytes(content)
    assert "the zip cannot be read: Bad CRC-32 for file 'submission.csv'" in refusal(path)


def test_missing_images_and_all_complaints_at_once(path):
    members = members_of(path)
    change_row(members, image_id="image 99", bbox='"(5, 5, 1, 1)"', **{"class": "Hubble"})
    said = refusal(rewritten(path, members))
    for words in (
        "line 2: image 'image 99' is not of this split",
        "'image 1' is missing",
        "class 'Hubble'",
        "inverted",
    ):
        assert words in said
    assert "complaints" in said


def test_zips_that_cannot_be_read(path, tmp_path):
    whole = path.read_bytes()
    for content in (b"", b"no zip", whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert "cannot be read" in refusal(path)
    with pytest.raises(UserError, match="no file"):
        TRACK.upload.read(tmp_path / "none.zip", IMAGES)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_bytes_are_refused_or_harmless(path, changes):
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[int(place * len(content))] = value
    damaged = path.with_name("damaged.zip")
    damaged.write_bytes(bytes(content))
    with contextlib.suppress(UserError):
        TRACK.upload.read(damaged, IMAGES)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["gmac", "image_id", "score"]), inner),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["efficiency.json", "coco_bbox.json", "coco_segm.json"]), JSON, JSON, JSON)
def test_no_json_gives_a_traceback(path, member, first, second, third):
    members = members_of(path)
    record = {"image_id": first, "category_id": second, "score": third, "bbox": first, "segmentation": second}
    members[member] = json.dumps([record, first] if member != "efficiency.json" else {"gmac": first, "mparams": second})
    try:
        TRACK.upload.read(rewritten(path.with_name("fuzz.zip"), members), IMAGES)
    except UserError as error:
        assert member in str(error)
    else:
        assert member == "efficiency.json"
        assert all(value >= 0 for value in (first, second))


def test_what_a_zip_may_be_given_as(path, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for other, words in ((tmp_path, "is a folder; expected a zip"), (tmp_path / "pipe", "is a pipe or device")):
        with pytest.raises(UserError, match=words):
            TRACK.upload.read(other, IMAGES)
    path.write_bytes(b"")
    assert "the zip cannot be read: it has 0 bytes" in refusal(path)


def test_a_zip_that_may_not_be_read(path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(UserError, match=r"cannot read .*s\.zip: Permission denied"):
        TRACK.upload.read(path, IMAGES)


def test_an_encrypted_member(path):
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    path.write_bytes(content)
    assert "member 'submission.csv': encrypted, expected to be open to all" in refusal(path)


@pytest.mark.parametrize(
    "box", ["(1, 2, 3, 4)", "[1, 2, 3, 4]", "1,2,3,4", " ( 1.0 , +2, 3e0,.4e1 ) ", "(1., 2.5, 1023.75, 1024)"]
)
def test_boxes_that_a_reader_of_tuples_takes(path, box):
    """The same text as Python reads it."""
    members = members_of(path)
    change_row(members, bbox=f'"{box}"')
    x_min, y_min, x_max, y_max = ast.literal_eval(box.strip())
    records = json.loads(members["coco_bbox.json"])
    records[0]["bbox"] = [x_min, y_min, x_max - x_min, y_max - y_min]
    members["coco_bbox.json"] = json.dumps(records)
    rows, _ = TRACK.upload.read(rewritten(path, members), IMAGES)
    assert tuple(rows.loc[0, ["x_min", "y_min", "x_max", "y_max"]]) == (x_min, y_min, x_max, y_max)


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


LIMITED = """
import resource, sys
from pathlib import Path
from pipeline.errors import UserError
from pipeline.tracks.spark2026 import submission
from tests.makers import asked
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), -1))
try:
    images = asked([f"image {number}" for number in range(100)])
    submission.examine(Path(sys.argv[1]), images)[0].refuse(Path(sys.argv[1]))
except UserError as error:
    print(max(map(len, str(error).splitlines())), str(error).splitlines()[1])
"""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f'image 1,Cheops,"(1, 2, 3, 4)",{"0" * 200_000_000},0', "longer than 4,206,304 characters"),
        (f'image 1,Cheops,"(1, 2, 3, 4)",{"0" * 3_000_000},0', "field larger than field limit (2098152)"),
        (f'image 1,"{"x" * 3_000_000}","(1, 2, 3, 4)",0,0', "field larger than field limit"),
        (f"image 1,{',' * 500_000_000}", "longer than 4,206,304 characters"),
    ],
    ids=["RLE", "RLE within a line", "class", "cells"],
)
def test_bombs_in_a_cell_are_told_in_words_and_in_little_memory(path, row, words):
    """In a process that may have 3 GB, of which Python with pandas and OpenCV takes the first."""
    members = members_of(path)
    header = members["submission.csv"].splitlines()[0]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in (members | {"submission.csv": f"{header}\n{row}\n"}).items():
            archive.writestr(name, text)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LIMITED, str(path), str(3 * 2**30)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert words in done.stdout
    assert int(done.stdout.split()[0]) < 400


def test_what_is_valid_by_the_letter_and_hardly_meant_is_noted(tmp_path):
    """Masks that run along rows, or boxes row first; of two images in three a box at random says less."""
    rows = pd.DataFrame(
        [
            answer_row(f"image {n}", n % 10, box, labels_hw == 1, labels_hw == 2)
            for n, (_, labels_hw, box) in ((n, scene(n)) for n in NUMBERS)
        ]
    )

    def notes(changed):
        submission.write(tmp_path / "s.zip", changed, EFFICIENCY)
        findings, _, _ = submission.examine(tmp_path / "s.zip", rows)
        assert findings.complaints == []
        return findings.notes

    assert notes(rows) == []
    said = "with x and y swapped; masks transposed, or boxes row first?"
    first = rows.rename(columns={"x_min": "y_min", "y_min": "x_min", "x_max": "y_max", "y_max": "x_max"})
    assert [note.partition(" 1.00 ")[2] for note in notes(first)] == [said]
    turned = rows.copy()
    for part in ("body_rle", "panel_rle"):
        turned[part] = [rle.encode(rle.decode(counts, SIZE, SIZE).T) for counts in rows[part]]
    assert [note.partition(" 1.00 ")[2] for note in notes(turned)] == [said]
    corner = rows.assign(x_min=0.0, y_min=0.0, x_max=20.0, y_max=20.0)
    assert notes(corner) == ["boxes and masks of 3 of 3 images hardly overlap (IoU below 0.5)"]
    one = rows.copy()
    one.loc[0, ["x_min", "y_min", "x_max", "y_max"]] = [0.0, 0.0, 20.0, 20.0]
    assert notes(one) == []


def test_answers_too_large_for_a_submission_are_refused_before_they_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match=r"coco_bbox.json: .* bytes, expected at most 1,000|submission.csv: .* bytes"):
        submission.write(tmp_path / "s.zip", answers(NUMBERS), EFFICIENCY)
    assert list(tmp_path.iterdir()) == []
