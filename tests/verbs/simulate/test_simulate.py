"""What simulate writes."""

import inspect
import re

import cv2
import numpy as np
import pandas as pd
import pytest
import trimesh

from pipeline.errors import UserError
from pipeline.scenes.craft import CLASSES
from pipeline.verbs import simulate as verb
from pipeline.verbs.simulate import simulate
from tests.verbs.simulate.simulated import content, generate


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
