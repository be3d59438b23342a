"""Zips as zipfile writes them, each with one thing wrong."""

import stat
import zipfile

import pytest

from pipeline.errors import UserError
from pipeline.tracks import archive
from pipeline.tracks.findings import Findings

WANTED = ["a.txt", "b.txt"]


def zipped(path, members, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w") as out:
        for name, content in members:
            archive.add_member(out, name, content, packing)
    return path


def found(path, most_bytes=100):
    findings = Findings(archive.CHECKS)
    archive.check_members(path, WANTED, most_bytes, findings)
    return findings


def test_the_same_content_is_the_same_bytes_at_any_time(tmp_path):
    paths = [zipped(tmp_path / name, [("a.txt", "x"), ("b.txt", b"y")]) for name in ("1.zip", "2.zip")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as members:
        assert {member.date_time for member in members.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_sound_zip_passes_every_check(tmp_path):
    findings = found(zipped(tmp_path / "s.zip", [("b.txt", "x" * 100), ("a.txt", "")]))
    assert dict(findings) == {check: [] for check in archive.CHECKS}


@pytest.mark.parametrize(
    ("members", "check", "words"),
    [
        ([("a.txt", "")], archive.MEMBERS_GOOD, ["member 'b.txt': missing"]),
        (
            [("a.txt", ""), ("b.txt", ""), ("c.txt", "")],
            archive.MEMBERS_GOOD,
            ["member 'c.txt': not expected; the zip is flat and holds a.txt and so on"],
        ),
        (
            [("out/a.txt", "")],
            archive.MEMBERS_GOOD,
            ["expected a.txt and so on, found 'out/a.txt': of another track or split, or inside a folder?"],
        ),
        (
            [("a.txt", ""), ("b.txt", "x" * 101)],
            archive.SIZES_GOOD,
            ["member 'b.txt': 101 bytes unpacked, expected at most 100"],
        ),
    ],
)
def test_one_thing_wrong_is_one_complaint(tmp_path, members, check, words):
    findings = found(zipped(tmp_path / "s.zip", members))
    assert findings.complaints == words
    assert findings[check] == words


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(tmp_path):
    findings = found(zipped(tmp_path / "s.zip", [("a.txt", ""), ("b.txt", "1"), ("b.txt", "2")]))
    assert findings.complaints == ["member 'b.txt': 2 times, expected once"]


def test_a_link_is_no_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as out:
        archive.add_member(out, "a.txt", "", zipfile.ZIP_STORED)
        link = zipfile.ZipInfo("b.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
    assert found(tmp_path / "s.zip").complaints == ["member 'b.txt': a link or folder, expected a file"]


def test_unusual_packing_is_named(tmp_path):
    path = zipped(tmp_path / "s.zip", [("a.txt", "x" * 50), ("b.txt", "x")], zipfile.ZIP_LZMA)
    assert found(path).complaints[0] == "member 'a.txt': packed by lzma, expected stored or deflated"


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04"])
def test_what_is_no_zip_fails_the_first_check_and_reaches_no_other(tmp_path, content):
    (tmp_path / "s.zip").write_bytes(content)
    findings = found(tmp_path / "s.zip")
    assert findings[archive.OPENS][0].startswith("the zip cannot be read")
    assert findings[archive.MEMBERS_GOOD] is findings[archive.SIZES_GOOD] is None


def test_a_zip_behind_something_else_is_refused(tmp_path):
    whole = zipped(tmp_path / "s.zip", [("a.txt", ""), ("b.txt", "")]).read_bytes()
    (tmp_path / "s.zip").write_bytes(b"#!/bin/sh\n" + whole)
    assert "has something before its first member" in found(tmp_path / "s.zip").complaints[0]


def test_no_file_and_a_folder_are_told_at_once(tmp_path):
    with pytest.raises(UserError, match=r"no file .*none\.zip"):
        found(tmp_path / "none.zip")
    with pytest.raises(UserError, match="is a folder; expected a zip"):
        found(tmp_path)
