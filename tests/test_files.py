import errno
import hashlib
import os

import pytest

from pipeline.errors import UserError
from pipeline.files import drop_leftovers, file_hash, read_json, text_hash, write_json, written_aside


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with pytest.raises(ZeroDivisionError), written_aside(path) as aside:
        aside.write_text("half")
        raise ZeroDivisionError
    assert list(path.parent.iterdir()) == []
    with written_aside(path) as aside:
        aside.write_text("first")
    with pytest.raises(ZeroDivisionError), written_aside(path) as aside:
        aside.write_text("second")
        raise ZeroDivisionError
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_one_line(tmp_path):
    with pytest.raises(UserError, match="No space left on device") as error, written_aside(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "\n" not in str(error.value)


def test_a_folder_that_may_not_be_written_is_one_line(tmp_path, monkeypatch):
    def mkdir(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(tmp_path), "mkdir", mkdir)
    with pytest.raises(UserError, match="Read-only file system"), written_aside(tmp_path / "new" / "a"):
        raise AssertionError


def test_what_killed_processes_left_is_dropped(tmp_path):
    mine, dead = tmp_path / f".a.{os.getpid()}.part.npy", tmp_path / ".a.999999999.part.npy"
    mine.touch()
    dead.touch()
    (tmp_path / "a.npy").touch()
    drop_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [mine.name, "a.npy"]


def test_json(tmp_path):
    assert read_json(tmp_path / "none.json") == {}
    write_json(tmp_path / "a.json", {"b": [1, None]})
    assert read_json(tmp_path / "a.json") == {"b": [1, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"b": float("nan")})
    assert read_json(tmp_path / "a.json") == {"b": [1, None]}


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"[1]", b"null", b"\xff\xfe\x00"])
def test_damaged_json_is_one_line(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.json is damaged: ") as error:
        read_json(tmp_path / "a.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("below", ["file/sub/a", "link/a", "n" * 300 + "/a"])
def test_a_folder_that_cannot_be_is_one_line(tmp_path, below):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="cannot make the folder"), written_aside(tmp_path / below):
        raise AssertionError


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_hash(tmp_path / "a") == text_hash("abc") == hashlib.blake2b(b"abc", digest_size=16).hexdigest()
