import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.files import DiskError, drop_leftovers, file_hash, read_json, text_hash, write_json, written_aside

ROOT = Path(__file__).parents[1]


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


@pytest.mark.parametrize("number", ["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EPERM", "ENOTDIR", "ENAMETOOLONG", "EROFS"])
def test_whatever_keeps_a_file_from_being_written_is_one_line(tmp_path, number):
    words = os.strerror(getattr(errno, number))
    with pytest.raises(DiskError, match=f"cannot write {tmp_path / 'a'}: {words}. Free some") as error:  # noqa: SIM117
        with written_aside(tmp_path / "a") as aside:
            aside.write_text("half")
            raise OSError(getattr(errno, number), words)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_larger_than_the_process_may_write(tmp_path):
    """A real limit, of the kernel's: EFBIG."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from pipeline.files import write_bytes\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_bytes(Path(sys.argv[1]), bytes(2000))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith("File too large. Free some space or choose another folder.")
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_file_that_is_too_long(tmp_path):
    with pytest.raises(DiskError, match="File name too long"), written_aside(tmp_path / ("n" * 250)):
        raise AssertionError


def test_a_folder_that_may_not_be_written_is_one_line(tmp_path, monkeypatch):
    def mkdir(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(tmp_path), "mkdir", mkdir)
    with pytest.raises(UserError, match="Read-only file system"), written_aside(tmp_path / "new" / "a"):
        raise AssertionError


WRITE = """
import sys
from pathlib import Path
from pipeline.files import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_bytes(b"half")
    print(aside.name, flush=True)
    sys.stdin.read()
"""


def test_what_killed_processes_left_is_dropped_and_what_a_living_one_writes_is_not(tmp_path):
    command = [sys.executable, "-c", WRITE, str(tmp_path / "a.npy")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    living, killed = (
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    names = [process.stdout.readline().strip() for process in (living, killed)]
    killed.kill()
    killed.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    drop_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == names[:1]
    living.communicate()
    assert (tmp_path / "a.npy").read_bytes() == b"half"


def test_only_what_was_written_aside_is_a_leftover(tmp_path):
    own = []
    for name in ("last.ckpt", "two.dots.json", "noending"):
        with written_aside(tmp_path / name) as aside:
            own.append(aside.name)
    yours = [
        ".thesis.part1.tex",
        ".thesis.20260131.part1.tex",
        ".a.part.png",
        ".b.0123456.part.png",
        ".c.0a1b2c3d.party",
    ]
    for name in (*own, *yours):
        (tmp_path / name).touch()
    drop_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*yours, "last.ckpt", "two.dots.json", "noending"}


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
