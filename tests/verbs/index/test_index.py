"""What the index says of a data set's files."""

import json
import shutil

import pandas as pd
import pytest

from pipeline.dataset.index_table import read_index
from pipeline.dataset.problems import has_problem
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.verbs.index import index
from tests.makers import COLOURS, scene, spark2022, write_rgb


def by_id(folder):
    return read_index(folder).set_index("image_id")


def test_the_index_says_what_the_files_hold(folder):
    rows = index(folder)
    pd.testing.assert_frame_equal(rows, read_index(folder), check_dtype=False)
    assert rows["image_id"].is_unique
    assert rows["split"].value_counts().to_dict() == {"train": 2, "tune": 2, "val": 2, "test": 1}
    assert not has_problem(rows).any()
    row = by_id(folder).loc["XMM Newton/00002_img.jpg"]
    _, labels_hw, box = scene(1002)
    assert (row["split"], row["class_name"], row["class_index"]) == ("val", "XMM Newton", 9)
    assert tuple(row[["x_min", "y_min", "x_max", "y_max"]]) == box
    assert row["image_path"] == "images/XMM Newton/val/00002_img.jpg"
    for label, name in ((1, "body_rle"), (2, "panel_rle")):
        found, true = rle.decode(row[name], row["height"], row["width"]), labels_hw == label
        assert (found & true).sum() / (found | true).sum() > 0.99
    test = by_id(folder).loc["test_00000_img.jpg"]
    assert test[["class_name", "x_min", "body_rle", "panel_rle", "mask_path"]].isna().all()


def test_tune_is_a_seeded_share_of_every_class_of_train(many, capsys):
    first = index(many)
    tune = first[first["split"] == "tune"]
    assert tune["class_name"].value_counts().to_dict() == {"Cheops": 3, "Soho": 2, "XMM Newton": 1}
    assert (first["split"] == "val").sum() == 3
    assert tune["image_path"].str.contains("/train/").all()
    data = (many / "index.parquet").read_bytes()
    other = index(many, seed=1)
    assert set(other.loc[other["split"] == "tune", "image_id"]) != set(tune["image_id"])
    assert (other["split"] == "tune").sum() == 6
    kept = index(many)
    assert set(kept.loc[kept["split"] == "tune", "image_id"]) == set(other.loc[other["split"] == "tune", "image_id"])
    index(many, seed=0)
    assert (many / "index.parquet").read_bytes() == data
    assert not has_problem(first).any()
    assert "images are 64x64: good for local work; uploads are 1024x1024\nno problems" in capsys.readouterr().out


def test_images_of_equal_content_go_to_tune_together(folder):
    source = folder / "images/Cheops/train"
    for name in ("00001_img.jpg", "00000_img.jpg"):
        shutil.copy(folder / "images/XMM Newton/train/00000_img.jpg", source / name)
    rows = index(folder).set_index("image_id")
    assert rows.loc["Cheops/00000_img.jpg", "split"] == rows.loc["Cheops/00001_img.jpg", "split"]
    same = ["Cheops/00000_img.jpg", "Cheops/00001_img.jpg", "XMM Newton/00000_img.jpg"]
    assert rows.loc[same, "split"].nunique() == 1


def test_duplicates_are_marked_on_both_rows(folder):
    shutil.copy(folder / "images/Cheops/train/00000_img.jpg", folder / "images/XMM Newton/train/00001_img.jpg")
    shutil.copy(folder / "images/Cheops/train/00001_img.jpg", folder / "images/test/test_00000_img.jpg")
    index(folder)
    rows = by_id(folder)
    last = rows["problems"].map(lambda found: found[-1] if found else ())
    assert last["Cheops/00000_img.jpg"] == ("duplicate", "", "same bytes as XMM Newton/00001_img.jpg (train)")
    assert last["XMM Newton/00001_img.jpg"] == ("duplicate", "", "same bytes as Cheops/00000_img.jpg (train)")
    assert last["Cheops/00001_img.jpg"] == ("duplicate-across-splits", "", "same bytes as test_00000_img.jpg (test)")
    assert last["test_00000_img.jpg"] == ("duplicate-across-splits", "", "same bytes as Cheops/00001_img.jpg (train)")
    assert has_problem(rows).sum() == 4


def test_bad_rows_are_kept_marked_and_said(folder, capsys):
    (folder / "images/Cheops/train/00000_img.jpg").write_bytes(b"")
    (folder / "mask/Cheops/train/00001_layer.jpg").unlink()
    (folder / "images/test/test_00000_img.jpg").write_bytes(b"not an image")
    rows = index(folder)
    assert len(rows) == 7
    bad = rows[has_problem(rows)].set_index("image_id")["problems"].map(lambda found: found[0].code)
    assert bad.to_dict() == {
        "Cheops/00000_img.jpg": "image-undecodable",
        "Cheops/00001_img.jpg": "mask-missing",
        "test_00000_img.jpg": "image-undecodable",
    }
    out = capsys.readouterr().out
    assert "3 of 7 images have problems" in out
    assert "image-undecodable: 2" in out


def test_strict(folder):
    index(folder, strict=True)
    (folder / "mask/Cheops/train/00001_layer.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="1 rows have problems"):
        index(folder, strict=True)
    assert has_problem(read_index(folder)).sum() == 1


def test_an_empty_file_name_in_the_csv_is_marked(folder):
    text = (folder / "train.csv").read_text()
    (folder / "train.csv").write_text(text.replace("00000_img.jpg", "", 1))
    rows = index(folder).set_index("image_id")
    assert rows.loc["Cheops/", "problems"][0].code in ("image-missing", "image-undecodable")


@pytest.mark.parametrize("name", ["a" * 300 + ".jpg", "a\0.jpg"], ids=["too long", "zero byte"])
def test_names_that_no_file_can_have_are_marked(folder, name):
    text = (folder / "train.csv").read_text()
    (folder / "train.csv").write_text(text.replace("00000_img.jpg", name, 1))
    rows = index(folder).set_index("image_id")
    assert rows.loc[f"Cheops/{name}", "problems"][0].code == "image-missing"
    assert has_problem(rows).sum() == 1


def test_spark_2022(tmp_path):
    folder = spark2022(tmp_path / "old")
    rows = index(folder).set_index("image_id")
    proba, debris = rows.loc["Proba2/img000000.png"], rows.loc["debris/img000001.png"]
    assert (proba["split"], proba["class_index"], proba["problems"]) == ("train", 4, ())
    assert tuple(proba[["x_min", "y_min", "x_max", "y_max"]]) == scene(0)[2]
    assert (debris["class_index"], debris["problems"]) == (-1, (("class-unknown", "", "'debris'"),))
    assert rows["body_rle"].isna().all()


def test_no_data(tmp_path):
    with pytest.raises(UserError, match="no SPARK data"):
        index(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        index(tmp_path / "nothing")


def test_boxes_that_are_none_are_cleared_and_not_exported(folder, capsys):
    text = (folder / "val.csv").read_text()
    box = str(scene(2)[2])
    for none in ("(0, 0, 0, 0)", "(500, 500, 100, 100)", "(inf, 200, 300, 400)", "(nan, nan, nan, nan)"):
        (folder / "val.csv").write_text(text.replace(box, none))
        row = index(folder, coco=True).set_index("image_id").loc["Cheops/00002_img.jpg"]
        assert row["problems"][0].code == "box-invalid"
        assert row[["x_min", "y_min", "x_max", "y_max"]].isna().all()

        def refuse(word):
            raise AssertionError(word)

        truth = json.loads((folder / "coco_val_craft.json").read_text(), parse_constant=refuse)
        assert [annotation["image_id"] for annotation in truth["annotations"]] == ["XMM Newton/00002_img.jpg"]


def test_one_image_of_another_size_is_marked(folder, capsys):
    image_hwc, labels_hw, _ = scene(2)
    write_rgb(folder / "images/Cheops/val/00002_img.jpg", image_hwc[:1000])
    write_rgb(folder / "mask/Cheops/val/00002_layer.jpg", COLOURS[labels_hw[:1000]])
    rows = index(folder).set_index("image_id")
    assert rows.loc["Cheops/00002_img.jpg", "problems"] == (("image-size", "", "1024x1000, most are 1024x1024"),)
    assert has_problem(rows).sum() == 1
    assert "good for local work" not in capsys.readouterr().out


def test_strict_counts_notes(folder):
    index(folder, strict=True)
    shutil.copy(folder / "train.csv", folder / "Train.csv")
    with pytest.raises(UserError, match="0 rows have problems and there are 1 notes"):
        index(folder, strict=True)
