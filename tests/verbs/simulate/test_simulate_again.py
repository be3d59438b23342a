"""A set that is there, whole or not: resumed, left alone, mended or refused."""

import errno
import re
import shutil
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.verbs import simulate as verb
from pipeline.verbs.simulate import simulate
from tests.verbs.simulate.simulated import content, generate


@pytest.mark.parametrize("survivors", [0, 1, 13, 26])
def test_a_stopped_run_resumes(made, tmp_path, monkeypatch, survivors):
    out, calls = tmp_path / "set", []

    def stops(*args):
        calls.append(args)
        if len(calls) > survivors:
            raise KeyboardInterrupt
        return photograph(*args)

    photograph = verb.photograph
    monkeypatch.setattr(verb, "photograph", stops)
    with pytest.raises(KeyboardInterrupt):
        generate(out)
    assert not list(out.glob("*.csv"))
    monkeypatch.setattr(verb, "photograph", lambda *args: calls.append(args) or photograph(*args))
    calls.clear()
    generate(out)
    assert len(calls) == 27 - survivors
    assert content(out) == content(made)


def test_lost_files_and_leavings_of_a_kill_are_put_right(made, tmp_path):
    generate(tmp_path / "set")
    lost = ["train.csv", "labels.parquet", "images/Soho/train/00001_img.jpg", "mask/Cheops/val/00002_layer.jpg"]
    for name in lost:
        (tmp_path / "set" / name).unlink()
    (tmp_path / "set/mask/Cheops/val/.00002_layer.99999999.part.jpg").write_bytes(b"half")
    generate(tmp_path / "set")
    assert content(tmp_path / "set") == content(made)


def test_a_finished_set_is_left_alone(made, capsys, monkeypatch):
    monkeypatch.setattr(verb, "photograph", lambda *args: pytest.fail("rendered again"))
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.*")}
    generate(made)
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*.*")} == before
    assert re.fullmatch(r".* is finished: 27 images .*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 5}, "seed 3 there, 5 asked"),
        ({"size": 128, "val": 2}, "size 96 there, 128 asked"),
        ({"domain": "shifted"}, "domain default there, shifted asked"),
    ],
)
def test_a_set_of_other_settings_is_refused(made, change, said):
    before = content(made)
    with pytest.raises(UserError, match=said) as error:
        generate(made, **change)
    assert "--out" in str(error.value)
    assert content(made) == before


def test_folders_of_others_are_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(UserError, match="did not make"):
        generate(tmp_path)
    with pytest.raises(UserError, match="is a file"):
        generate(tmp_path / "holiday.jpg")
    assert content(tmp_path) == {"holiday.jpg": b"sea"}


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(made, tmp_path, monkeypatch):
    written, write = [], Path.write_bytes

    def fills_up(path, content):
        written.append(path)
        if len(written) > 9:
            write(path, content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fills_up)
    with pytest.raises(UserError, match="No space left on device") as error:
        generate(tmp_path / "set")
    assert len(str(error.value).splitlines()) == 1
    whole = content(made)
    assert all(whole[name] == there for name, there in content(tmp_path / "set").items())
    assert not list((tmp_path / "set").glob("*.csv"))
    monkeypatch.setattr(Path, "write_bytes", write)
    generate(tmp_path / "set")
    assert content(tmp_path / "set") == whole


def spoilt(made: Path, out: Path, name: str, instead: bytes) -> None:
    shutil.copytree(made, out)
    (out / name).write_bytes(instead)


@pytest.mark.parametrize("name", ["train.csv", "val.csv", "labels.parquet"])
@pytest.mark.parametrize("instead", [b"", b"PAR1 or a line\n"])
def test_tables_that_are_not_whole_are_written_anew(made, tmp_path, name, instead):
    spoilt(made, tmp_path / "set", name, instead)
    generate(tmp_path / "set")
    assert content(tmp_path / "set") == content(made)


@pytest.mark.parametrize("name", ["images/Soho/train/00001_img.jpg", "mask/Soho/train/00001_layer.jpg"])
def test_images_of_no_bytes_are_made_anew(made, tmp_path, name):
    spoilt(made, tmp_path / "set", name, b"")
    generate(tmp_path / "set")
    assert (tmp_path / "set" / name).read_bytes() == (made / name).read_bytes()


def test_a_damaged_mask_is_named_and_what_to_do_mends_it(made, tmp_path):
    name = "mask/Soho/train/00001_layer.jpg"
    spoilt(made, tmp_path / "set", name, b"not a JPEG")
    (tmp_path / "set/train.csv").unlink()
    with pytest.raises(UserError, match=r"00001_layer\.jpg cannot be read: .*\. Delete it and run the same"):
        generate(tmp_path / "set")
    (tmp_path / "set" / name).unlink()
    generate(tmp_path / "set")
    assert content(tmp_path / "set") == content(made)


def test_damaged_settings_are_one_line(made, tmp_path):
    spoilt(made, tmp_path / "set", "simulate.json", b'{"count": 2')
    with pytest.raises(UserError, match=r"simulate\.json is damaged"):
        generate(tmp_path / "set")


def test_leavings_of_a_kill_before_the_first_file_do_not_count_as_somebody_s(made, tmp_path):
    (tmp_path / ".simulate.99999999.part.json").write_bytes(b"{")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    generate(tmp_path)
    (tmp_path / ".DS_Store").unlink()
    assert content(tmp_path) == content(made)


def test_the_version_is_that_of_the_simulator_s_code(tmp_path, monkeypatch):
    shutil.copytree(verb.ROOT / "scenes", tmp_path / "scenes")
    here = verb._version()
    monkeypatch.setattr(verb, "ROOT", tmp_path)
    assert verb._version() == here
    craft = tmp_path / "scenes/craft/cheops.py"
    craft.write_text(craft.read_text() + "# larger\n")
    assert verb._version() != here


def test_another_version_of_the_simulator_is_not_mixed_in(tmp_path, monkeypatch):
    settings = {"count": 2, "size": 64, "test": 0}
    simulate(tmp_path / "set", **settings)
    before = content(tmp_path / "set")
    monkeypatch.setattr(verb, "_version", lambda: "another")
    with pytest.raises(UserError, match=r"simulator [0-9a-f]{12} there, another asked"):
        simulate(tmp_path / "set", **settings)
    assert content(tmp_path / "set") == before


def test_a_full_disk_while_the_sheets_are_drawn(tmp_path, monkeypatch):
    write = Path.write_bytes

    def fills_up(path, content):
        if "preview" in path.name:
            write(path, content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fills_up)
    with pytest.raises(UserError, match="No space left on device"):
        simulate(tmp_path / "set", count=2, size=64, test=0, preview=True)
    assert not [path for path in (tmp_path / "set").iterdir() if "preview" in path.name]
