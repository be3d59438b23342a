import errno
import inspect
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import trimesh

from pipeline.errors import UserError
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.studio import Studio
from pipeline.verbs import simulate as verb
from pipeline.verbs.simulate import simulate

SETTINGS = {"count": 24, "size": 96, "seed": 3, "val": 4, "test": 3, "domain": "default", "meshes": None}


def generate(out: Path, processes: int = 1, **changes) -> None:
    settings = SETTINGS | changes
    verb._generate(out, Studio(settings["seed"], settings["size"], settings["domain"]), settings, processes)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("sim") / "set"
    generate(out)
    return out


def test_layout(made):
    files = set(content(made))
    assert {name for name in files if "/" not in name} == {"train.csv", "val.csv", "labels.parquet", "simulate.json"}
    assert len([name for name in files if re.fullmatch(r"images/[^/]+/train/\d{5}_img\.jpg", name)]) == 20
    assert len([name for name in files if re.fullmatch(r"mask/[^/]+/train/\d{5}_layer\.jpg", name)]) == 20
    assert len([name for name in files if re.fullmatch(r"images/[^/]+/val/\d{5}_img\.jpg", name)]) == 4
    assert sorted(name for name in files if "test" in name) == [f"images/test/test_{i:05d}_img.jpg" for i in range(3)]
    assert len(files) == 20 * 2 + 4 * 2 + 3 + 4
    for name in CLASSES:
        assert f"images/{name}/train/00000_img.jpg" in files


def test_tables(made):
    for split, count in (("train", 20), ("val", 4)):
        table = pd.read_csv(made / f"{split}.csv")
        assert list(table.columns) == ["Class", "Image name", "Mask name", "Bounding box"]
        assert len(table) == count
        assert np.ptp(table["Class"].value_counts().reindex(CLASSES, fill_value=0)) <= 1
        for craft, image, mask, box in table.itertuples(index=False):
            picture = cv2.imread(str(made / "images" / craft / split / image))
            labels = cv2.imread(str(made / "mask" / craft / split / mask)).max(axis=2) > 127
            assert picture.shape == (96, 96, 3)
            rows, columns = np.nonzero(labels)
            assert box == f"({columns.min()}, {rows.min()}, {columns.max() + 1}, {rows.max() + 1})"


def test_the_number_of_processes_changes_no_byte(made, tmp_path):
    generate(tmp_path / "two", processes=2)
    assert content(tmp_path / "two") == content(made)


def test_another_seed_changes_every_image(made, tmp_path):
    generate(tmp_path / "other", seed=4)
    other = content(tmp_path / "other")
    same = [name for name, there in content(made).items() if name.endswith("_img.jpg") and other[name] == there]
    assert same == []


@pytest.mark.parametrize("survivors", [0, 1, 13, 26])
def test_a_stopped_run_goes_on(made, tmp_path, monkeypatch, survivors):
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": -5},
        {"size": 0},
        {"size": 63},
        {"size": 4097},
        {"seed": -1},
        {"val": -1},
        {"val": 1401},
        {"test": -1},
    ],
)
def test_impossible_numbers_are_refused_before_anything_is_written(tmp_path, wrong):
    (name, value), *_ = wrong.items()
    with pytest.raises(UserError, match=f"--{name} {value}: expected") as error:
        simulate(tmp_path / "set", **wrong)
    assert len(str(error.value).splitlines()) == 2
    assert not (tmp_path / "set").exists()


def test_all_impossible_numbers_are_named_at_once(tmp_path):
    with pytest.raises(UserError) as error:
        simulate(tmp_path / "set", count=10, size=9, val=11, test=-2)
    assert [line.split()[0] for line in str(error.value).splitlines()[1:]] == ["--val", "--size", "--test"]


def test_defaults_are_a_seventh_for_val_and_a_tenth_more_for_test():
    assert verb._settings(1400, 1024, 0, None, None) == {
        "count": 1400,
        "size": 1024,
        "seed": 0,
        "val": 200,
        "test": 140,
    }


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


def test_labels_tell_of_every_image(made):
    labels = pd.read_parquet(made / "labels.parquet")
    assert labels["split"].value_counts().to_dict() == {"train": 20, "val": 4, "test": 3}
    rows = pd.concat(pd.read_csv(made / f"{split}.csv") for split in ("train", "val"))
    named = (rows["Class"] + "/" + rows["Image name"]).tolist()
    assert labels["image_id"].tolist() == [*named, *(f"test_{i:05d}_img.jpg" for i in range(3))]
    assert {len(q) for q in labels["quaternion"]} == {4}
    assert np.allclose([np.linalg.norm(q) for q in labels["quaternion"]], 1)
    assert min(t[2] for t in labels["translation_m"]) > 0
    for row in labels.itertuples():
        assert len(row.key_points_px) // 2 == len(row.key_points_m) // 3 == len(row.key_points_seen) == 12


def test_contact_sheets_show_every_class(tmp_path, capsys):
    simulate(tmp_path / "set", count=40, size=64, val=0, test=0, preview=True)
    plain, masks = (cv2.imread(str(tmp_path / "set" / name)) for name in ("preview.png", "preview_masks.png"))
    assert plain.shape == masks.shape == (5 * 260, 8 * 260, 3)
    cells = plain.reshape(5, 260, 8, 260, 3).swapaxes(1, 2).reshape(40, -1)
    assert len({cell.tobytes() for cell in cells}) == 40
    assert (masks != plain).mean() > 0.01
    assert capsys.readouterr().out.count("contact sheet: ") == 2


def test_a_sheet_of_a_few_images(tmp_path):
    simulate(tmp_path / "set", count=3, size=64, val=1, test=0, preview=True)
    assert cv2.imread(str(tmp_path / "set/preview.png")).shape == (260, 8 * 260, 3)


def test_a_domain_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    simulate(count=2, size=64, test=0)
    simulate(count=2, size=64, test=0, domain="shifted")
    name = "images/VenusExpress/train/00000_img.jpg"
    default, shifted = (tmp_path / "data" / folder / name for folder in ("sim", "sim-shifted"))
    assert default.read_bytes() != shifted.read_bytes()


def test_own_craft_take_the_same_way(tmp_path):
    for name in ("Kite", "My Brick"):
        (tmp_path / "craft" / name).mkdir(parents=True)
        trimesh.creation.box((1, 2, 1)).export(tmp_path / "craft" / name / "bus.stl")
        trimesh.creation.box((3, 1, 0.1)).export(tmp_path / "craft" / name / "solar.stl")
    settings = {"count": 6, "size": 96, "val": 2, "test": 0, "meshes": tmp_path / "craft"}
    simulate(tmp_path / "set", **settings)
    table = pd.read_csv(tmp_path / "set/train.csv")
    assert table["Class"].tolist() == ["Kite", "My Brick"] * 2
    mask = cv2.imread(str(tmp_path / "set/mask/My Brick/train" / table["Mask name"][1]))
    assert mask[..., 0].max() > 200  # panel, blue
    assert mask[..., 2].max() > 200  # body, red
    before = content(tmp_path / "set")
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "craft/Kite/bus.stl")
    with pytest.raises(UserError, match=r"meshes .* there, .* asked"):
        simulate(tmp_path / "set", **settings)
    (tmp_path / "craft/Kite/solar.stl").unlink()
    with pytest.raises(UserError, match="nothing matches `panel:"):
        simulate(tmp_path / "other", **settings)
    assert content(tmp_path / "set") == before
    assert not (tmp_path / "other").exists()


def test_every_argument_is_typed_and_told():
    told = inspect.getdoc(simulate)
    for name, parameter in inspect.signature(simulate).parameters.items():
        assert parameter.annotation is not inspect.Parameter.empty
        assert re.search(rf"^    {name}: \w", told, re.MULTILINE)
    assert told.endswith("Example:\n    ./run.sh simulate --count 400 --preview")


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


def test_classes_without_an_image_count_in_the_check(tmp_path, capsys):
    with pytest.raises(UserError, match="smallest class %"):
        simulate(tmp_path / "set", count=4, size=64, val=0, test=0, check=True)
    assert re.search(r"smallest class % +0\.00", capsys.readouterr().out)


def test_bad_folders_for_own_craft(tmp_path):
    (tmp_path / "craft/Kite").mkdir(parents=True)
    trimesh.creation.box((1, 2, 1)).export(tmp_path / "craft/Kite/bus.stl")
    trimesh.creation.box((3, 1, 0.1)).export(tmp_path / "craft/Kite/solar.stl")
    settings = {"count": 2, "size": 64, "val": 0, "test": 0, "meshes": tmp_path / "craft"}
    with pytest.raises(UserError, match="lies inside the meshes' folder"):
        simulate(tmp_path / "craft/set", **settings)
    simulate(tmp_path / "set", **settings, check=True)  # the published figures are of other craft: told, not required
    trimesh.creation.box((1, 0.05, 0.05)).export(tmp_path / "craft/Kite/bus.stl")
    with pytest.raises(UserError, match="class 'Kite': none of 40 attempts showed enough of its body"):
        simulate(tmp_path / "hidden", **settings)
    assert not (tmp_path / "hidden").exists()
