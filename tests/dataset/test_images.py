import os
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from pipeline.dataset import images
from pipeline.dataset.images import cached_images, read_ahead
from pipeline.dataset.index_table import read_index, rows_of
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.verbs.index import index
from tests.makers import spark2024

TASK = track_named("spark2026").task


@pytest.fixture
def made(tmp_path):
    folder = spark2024(tmp_path / "set", size=128)
    index(folder)
    return folder, rows_of(read_index(folder), ("train", "tune"))


def test_a_soft_mask_says_how_much_of_each_pixel_is_covered():
    body, panel = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    body[0:3, 0:4], panel[7, 7] = True, True
    soft = TASK.target_of((rle.encode(body), rle.encode(panel), 8, 8), 2)
    assert soft[..., 0].tolist() == [[191, 0], [0, 0]]  # 12 of 16
    assert soft[..., 1].tolist() == [[0, 0], [0, 16]]  # 1 of 16


def test_the_cache_is_what_the_files_say(made):
    folder, rows = made
    plain, cached = (cached_images(TASK, folder, rows, 64, keep) for keep in (False, True))
    assert plain.cache is None
    assert len(list((folder / "cache").iterdir())) == 1
    for i in range(len(rows)):
        for one, two in zip(plain[i], cached[i], strict=True):
            assert np.array_equal(one, two)


def test_the_cache_is_read_the_second_time(made):
    folder, rows = made
    before = cached_images(TASK, folder, rows, 64, True)[0][0].copy()
    shutil.rmtree(folder / "images")
    assert np.array_equal(cached_images(TASK, folder, rows, 64, True)[0][0], before)


def test_other_rows_and_sizes_have_other_caches(made):
    folder, rows = made
    for chosen, size in ((rows, 64), (rows[::-1], 64), (rows[1:], 64), (rows, 32)):
        cached_images(TASK, folder, chosen.reset_index(drop=True), size, True)
    assert len(list((folder / "cache").iterdir())) == 4


def test_without_room_files_are_read(made, monkeypatch, capsys):
    folder, rows = made
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1000))
    assert cached_images(TASK, folder, rows, 64, True).cache is None
    assert "no cache of decoded images" in capsys.readouterr().out
    assert not (folder / "cache").exists()


def test_reading_ahead_keeps_order_and_distance():
    begun = []
    lock = threading.Lock()

    def work(i):
        with lock:
            begun.append(i)
        return i * i

    stream = read_ahead(work, iter(range(1000)), ahead=5)
    assert [next(stream) for _ in range(100)] == [i * i for i in range(100)]
    assert len(begun) <= 105
    assert list(read_ahead(work, [], ahead=5)) == []


def test_reading_ahead_passes_errors_on():
    with pytest.raises(ZeroDivisionError):
        list(read_ahead(lambda i: 1 // i, [1, 0, 1]))


def test_no_cache_is_made_unasked_but_a_made_one_is_read(made):
    folder, rows = made
    assert cached_images(TASK, folder, rows, 64, False).cache is None
    assert not (folder / "cache").exists()
    cached_images(TASK, folder, rows, 64, True)
    assert cached_images(TASK, folder, rows, 64, False).cache is not None


def test_rows_of_a_cache_are_in_the_order_asked_for(made):
    folder, rows = made
    ahead, back = (
        cached_images(TASK, folder, chosen.reset_index(drop=True), 64, True) for chosen in (rows, rows[::-1])
    )
    assert len(ahead) == len(back) == len(rows) > 1
    for i in range(len(rows)):
        assert np.array_equal(ahead[i][0], back[len(rows) - 1 - i][0])
    assert not np.array_equal(ahead[0][0], ahead[len(rows) - 1][0])


def test_an_image_gone_since_is_an_error_with_its_path_and_leaves_no_half_cache(made):
    folder, rows = made
    gone = folder / rows["image_path"].iloc[1]
    gone.unlink()
    with pytest.raises(UserError, match=gone.name):
        cached_images(TASK, folder, rows, 64, True)
    assert not (folder / "cache").exists()


@pytest.mark.parametrize("ahead", [1, 2, 7])
def test_never_more_than_so_many_before_the_reader(ahead):
    asked = []
    for received, value in enumerate(read_ahead(lambda i: -i, (asked.append(i) or i for i in range(40)), ahead)):
        assert value == -received
        assert len(asked) <= received + ahead


def test_what_was_done_before_an_error_is_still_given():
    stream = read_ahead(lambda i: 6 // i, [3, 2, 0, 1], ahead=2)
    assert [next(stream), next(stream)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(stream)


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:100], lambda whole: whole[:-1], lambda whole: b"", lambda whole: b"x" * 200]
)
def test_a_damaged_cache_is_made_anew_without_a_word(made, capsys, damage):
    folder, rows = made
    cached_images(TASK, folder, rows, 64, True)
    (path,) = (folder / "cache").iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    capsys.readouterr()
    assert cached_images(TASK, folder, rows, 64, True).cache is not None
    assert path.read_bytes() == whole
    assert capsys.readouterr().out == ""


def test_a_disk_that_fills_while_the_cache_is_written_is_a_line(made, capsys):
    """A real limit on the size of a file stands for the disk: a mapped file would end the process with a bus error."""
    folder, _ = made
    code = (
        "import resource, signal, sys; from pathlib import Path; from pipeline.dataset.images import cached_images\n"
        "from pipeline.dataset.index_table import read_index, rows_of; from pipeline.tracks import track_named\n"
        "rows = rows_of(read_index(Path(sys.argv[1])), ('train', 'tune'))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "assert cached_images(track_named('spark2026').task, Path(sys.argv[1]), rows, 64, True).cache is None\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no cache of decoded images: cannot write")
    assert "File too large" in done.stdout
    assert not (folder / "cache").exists()


def test_the_room_that_counts_is_that_of_the_cache_s_own_disk(made, monkeypatch):
    folder, rows = made
    asked = []
    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or real(path))
    cached_images(TASK, folder, rows, 64, True)
    assert asked == [folder / "cache"]


def test_while_another_process_makes_the_cache_files_are_read(made, capsys):
    folder, rows = made
    code = (
        "import sys; from pathlib import Path; from pipeline.locks import alone_in\n"
        "with alone_in(Path(sys.argv[1]), 'cache of decoded images'): print('held', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code, str(folder / "cache")]
    other = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        assert cached_images(TASK, folder, rows, 64, True).cache is None
    finally:
        other.communicate()
    assert f"is in use: `cache of decoded images`, process {other.pid} on" in capsys.readouterr().out


def test_other_code_makes_a_cache_of_its_own(made, monkeypatch):
    folder, rows = made
    cached_images(TASK, folder, rows, 64, True)
    monkeypatch.setattr(images, "sources", lambda files: dict.fromkeys(files, "changed"))
    cached_images(TASK, folder, rows, 64, True)
    assert len(list((folder / "cache").iterdir())) == 2
