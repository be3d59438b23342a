"""Zips that are damaged, hostile or no zips: words in little memory, never a traceback."""

import contextlib
import errno
import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.tracks.spark2026.track import TRACK
from tests.tracks.spark2026.zips import IMAGES, members_of, refusal, rewritten


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
