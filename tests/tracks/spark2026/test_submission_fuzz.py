"""Odd numbers, odd run lengths and damaged members: a complaint, never a traceback."""

import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.tracks.spark2026 import SIZE, submission
from pipeline.tracks.spark2026.track import TRACK
from tests.makers import answers, asked

IMAGES = asked(["image 1", "image 2"])
EFFICIENCY = {"gmac": 4.5, "mparams": 3.5}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "s.zip"
    submission.write(path, answers([1, 2]), EFFICIENCY)
    return path


def changed(whole, member, change):
    path = whole.with_name("changed.zip")
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, change(text) if name == member else text)
    return path


HUGE = b"1" + b"0" * 400
DIGITS = b"1" * 5000


@pytest.mark.parametrize("number", [HUGE, DIGITS, b"1e999"])
@pytest.mark.parametrize(
    ("member", "old"),
    [("efficiency.json", b"4.5"), ("coco_bbox.json", b'"score": 0.91'), ("coco_bbox.json", b'"bbox": [')],
)
def test_numbers_beyond_any_float(whole, member, old, number):
    new = {b"4.5": number, b'"score": 0.91': b'"score": ' + number, b'"bbox": [': b'"bbox": [' + number + b", "}[old]

    def change(text):
        assert old in text
        if old == b'"bbox": [':
            records = text.split(b'"bbox": [', 1)
            return records[0] + b'"bbox": [' + number + b"," + records[1].split(b",", 1)[1]
        return text.replace(old, new, 1)

    with pytest.raises(UserError, match=member):
        TRACK.upload.read(changed(whole, member, change), IMAGES)


def test_an_empty_mask_written_with_runs_of_nothing_has_no_record(whole):
    empty = answers([1, 2])
    empty["panel_rle"] = rle.encode(rle.decode(empty["panel_rle"][0], SIZE, SIZE) & False)
    path = whole.with_name("empty.zip")
    submission.write(path, empty, EFFICIENCY)
    counts = empty["panel_rle"][0].encode()
    odd = changed(path, "submission.csv", lambda text: text.replace(counts, counts + b"0"))
    rle.check(counts.decode() + "0", SIZE, SIZE)
    TRACK.upload.read(odd, IMAGES)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(submission.MEMBERS),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3), st.booleans()), min_size=1, max_size=4
    ),
)
def test_damaged_members_with_a_right_checksum(whole, member, edits):
    def change(text):
        for place, new, insert in edits:
            at = int(place * len(text))
            text = text[:at] + new + text[at if insert else at + len(new) :]
        return text

    try:
        TRACK.upload.read(changed(whole, member, change), IMAGES)
    except UserError as error:
        assert str(error)
