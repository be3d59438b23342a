"""What predict answers, of a split and of any folder."""

import os
import re
import zlib

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.dataset import prediction_table as table
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.run_folder import Run
from pipeline.stages import predicted as stage
from pipeline.tasks.parts import Parts
from pipeline.verbs.index import index
from pipeline.verbs.predict import predict


def test_every_image_has_a_row_with_everything(stand):
    rows = pd.read_parquet(predict(tta="flips").predictions)
    assert rows["image_id"].tolist() == index()[lambda r: r["split"] == "val"]["image_id"].tolist()
    for row in rows.to_dict("records"):
        assert sum(row["class_probs"]) == pytest.approx(1, abs=1e-5)
        assert len(row["class_probs"]) == 10
        assert int(np.argmax(row["class_probs"])) == row["class_index"]
        body, panel = (rle.decode(row[f"{part}_rle"], 1024, 1024) for part in ("body", "panel"))
        assert not (body & panel).any()


def test_same_bytes_twice_and_the_same_rows_in_other_parts(stand, monkeypatch):
    monkeypatch.setattr(stage, "_batch_size", lambda config: 2)
    first = predict().predictions.read_bytes()
    assert predict(overwrite=True).predictions.read_bytes() == first
    rows = pd.read_parquet(predict().predictions)
    monkeypatch.setattr(table, "PART", 2)
    again = pd.read_parquet(predict(overwrite=True).predictions)
    pd.testing.assert_frame_equal(rows, again)


def test_any_folder_of_images(stand, capsys):
    folder = stand / "pictures"
    for name, shape in (("a.png", (300, 500, 3)), ("deep/b.jpg", (64, 64, 3)), ("deep/grey.jpeg", (100, 90))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.random.default_rng(0).integers(0, 255, shape, np.uint8))
    (folder / "broken.jpg").write_bytes(b"no image")
    (folder / "notes.txt").write_text("not an image")
    (folder / "folder.jpg").mkdir()
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "c.jpg").write_bytes(b"")
    place = predict(images=folder, overlay=True)
    rows = pd.read_parquet(place.predictions).set_index("image_id")
    assert rows.index.tolist() == ["a.png", "broken.jpg", "deep/b.jpg", "deep/grey.jpeg"]
    assert rows.loc["a.png", ["height", "width"]].tolist() == [300, 500]
    drawn = {path.name: cv2.imread(str(path)).shape for path in (place.folder / "overlay").iterdir()}
    assert drawn == {"a.png.jpg": (300, 500, 3), "deep__b.jpg": (64, 64, 3), "deep__grey.jpeg.jpg": (100, 90, 3)}
    assert "1 images could not be read whole" in capsys.readouterr().out


def test_a_broken_image_of_a_split_still_gets_a_row(stand, capsys):
    (stand / "data/tiny/images/test/test_00001_img.jpg").write_bytes(b"")
    (stand / "data/tiny/index.parquet").unlink()
    rows = pd.read_parquet(predict(split="test").predictions)
    assert rows["image_id"].tolist() == ["test_00000_img.jpg", "test_00001_img.jpg"]
    assert (rows[["height", "width"]] == 1024).all(axis=None)
    assert "test_00001_img.jpg" in capsys.readouterr().out.partition("could not be read whole")[2]


@pytest.mark.parametrize(("folder", "words"), [("nothing", "no folder"), ("empty", r"no .jpg, .jpeg, .png files")])
def test_no_images(stand, folder, words):
    (stand / "empty").mkdir()
    with pytest.raises(UserError, match=words):
        predict(images=stand / folder)


def test_a_header_that_claims_too_much_is_an_unreadable_image(stand, capsys):
    _, png = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))
    header = b"IHDR" + (60000).to_bytes(4, "big") * 2 + png.tobytes()[24:29]
    (stand / "huge").mkdir()
    content = png.tobytes()[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png.tobytes()[33:]
    (stand / "huge" / "a.png").write_bytes(content)
    predict(images=stand / "huge", overlay=True)
    assert "1 images could not be read whole" in capsys.readouterr().out


def test_masks_reach_the_table_apart_and_at_full_size(stand, monkeypatch):
    """The network is told what to see: body on the left two thirds, panel, more sure, on the right two thirds."""

    def seen(network, image_bchw, tta):
        count, _, height, width = image_bchw.shape
        mask_bchw = torch.zeros(count, 2, height, width)
        mask_bchw[:, 0, 16:48, : 2 * width // 3] = 0.8
        mask_bchw[:, 1, 16:48, width // 3 :] = 0.9
        return {"mask": mask_bchw, "class": torch.eye(10)[[3] * count]}

    monkeypatch.setattr(Parts, "merge", lambda self, *given: seen(*given))
    for row in pd.read_parquet(predict().predictions).to_dict("records"):
        body, panel = (rle.decode(row[f"{part}_rle"], 1024, 1024) for part in ("body", "panel"))
        assert body.sum() == pytest.approx(1024 * 512 / 3, rel=0.03)
        assert panel.sum() == pytest.approx(1024 * 512 * 2 / 3, rel=0.03)
        assert not (body & panel).any()
        assert np.allclose([row["x_min"], row["y_min"], row["x_max"], row["y_max"]], [0, 256, 1024, 768], atol=8)
        assert row["class_name"] == "ObservationSat1"
        assert not row["fallback"]


def test_weights_whose_answers_are_no_numbers_are_refused(stand):
    run = Run(stand / "submissions/smoke")
    state = load_file(run.best)
    name = next(key for key in state if "encoder" in key and key.endswith("running_var"))
    state[name][:] = float("nan")
    save_file(state, run.best)
    with pytest.raises(
        UserError, match=f"not numbers .*1 tensors of the weights are not either, first {name}"
    ) as error:
        predict(split="test")
    assert "\n" not in str(error.value)
    assert not list(run.folder.rglob("predictions.parquet"))


def test_what_is_left_out_of_a_folder_is_named(stand, capsys):
    for name in ("real/a.jpg", "shots/own.jpg"):
        (stand / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(stand / name), np.zeros((64, 64, 3), np.uint8))
    (stand / "shots/linked").symlink_to(stand / "real")
    (stand / "shots/dangling.jpg").symlink_to("/nowhere/x.jpg")
    (stand / "shots/scan.tif").touch()
    (stand / "shots" / os.fsdecode(b"caf\xe9.jpg")).touch()
    place = predict(images=stand / "shots")
    assert pd.read_parquet(place.predictions)["image_id"].tolist() == ["dangling.jpg", "linked/a.jpg", "own.jpg"]
    said = capsys.readouterr().out
    assert re.search(r"note: 1 files of other formats .*scan.tif", said)
    assert re.search(r"note: 1 .*not UTF-8.*caf\\xe9.jpg", said)
    assert "dangling.jpg: No such file or directory" in said


def test_names_that_differ_in_their_folders_alone_are_drawn_into_files_of_their_own(stand):
    for name, value in (("a/b.jpg", 10), ("a__b.jpg", 200), ("a__b.jpg.jpg", 100)):
        (stand / "shots" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(stand / "shots" / name), np.full((64, 64, 3), value, np.uint8))
    place = predict(images=stand / "shots", overlay=True)
    drawn = {
        path.name: round(cv2.imread(str(path))[-6:-3, 40:50].mean(), -1)
        for path in (place.folder / "overlay").iterdir()
    }
    assert len(drawn) == 3
    assert {"a__b.jpg", "a__b~2.jpg", "a__b.jpg.jpg"} == drawn.keys()
