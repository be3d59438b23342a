import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.config import config_of, recipe_values
from pipeline.dataset import prediction_table as table
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.run_folder import Run
from pipeline.stages import predicted as stage
from pipeline.tasks.parts import Parts
from pipeline.verbs.index import index
from pipeline.verbs.predict import predict
from pipeline.verbs.train import train


class Killed(BaseException):
    pass


def test_every_image_has_a_row_with_everything(stand):
    rows = pd.read_parquet(predict(tta="flips").predictions)
    assert rows["image_id"].tolist() == index()[lambda r: r["split"] == "val"]["image_id"].tolist()
    for row in rows.to_dict("records"):
        assert sum(row["class_probs"]) == pytest.approx(1, abs=1e-5)
        assert len(row["class_probs"]) == 10
        assert int(np.argmax(row["class_probs"])) == row["class_index"]
        body, panel = (rle.decode(row[f"{part}_rle"], 1024, 1024) for part in ("body", "panel"))
        assert not (body & panel).any()


def test_killed_in_the_middle_it_goes_on_to_the_same_answers(stand, monkeypatch, capsys):
    monkeypatch.setattr(table, "PART", 1)
    whole = predict(split="train").predictions.read_bytes()
    real = table.Parts.write

    def write(self, span, rows):
        real(self, span, rows)
        if span.start == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        with pytest.raises(Killed):
            predict(split="train", overwrite=True)
    place = predict(split="train")
    assert "going on after 2" in capsys.readouterr().out
    assert place.predictions.read_bytes() == whole
    assert not place.parts.exists()


def test_same_bytes_twice_and_the_same_rows_in_other_parts(stand, monkeypatch):
    first = predict().predictions.read_bytes()
    assert predict(overwrite=True).predictions.read_bytes() == first
    rows = pd.read_parquet(predict().predictions)
    monkeypatch.setattr(table, "PART", 2)
    again = pd.read_parquet(predict(overwrite=True).predictions)
    pd.testing.assert_frame_equal(rows, again)


def test_parts_made_from_something_else_are_thrown_away(tmp_path):
    parts = table.Parts(tmp_path / "parts", 300, (), {"weights": "a"})
    assert parts.missing() == [range(256), range(256, 300)]
    parts.write(range(256), [])
    assert table.Parts(tmp_path / "parts", 300, (), {"weights": "a"}).missing() == [range(256, 300)]
    assert table.Parts(tmp_path / "parts", 300, (), {"weights": "b"}).missing() == parts.spans


def test_answers_of_other_weights_are_not_mixed_in(stand):
    predict()
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1, "seed": 7}), "smoke", run="other")
    shutil.copy("submissions/other/checkpoints/best.safetensors", "submissions/smoke/checkpoints/best.safetensors")
    with pytest.raises(UserError, match="--overwrite"):
        predict(run="smoke")
    predict(run="smoke", overwrite=True)


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


def test_killed_between_the_table_and_the_manifest(stand):
    place = predict()
    (place.folder / "manifest.json").unlink()
    assert predict().predictions.exists()


@pytest.mark.parametrize("name", ["masks/postprocess.py", "masks/boxes.py", "dataset/images.py"])
def test_answers_of_other_code_are_not_taken_for_this_one_s(stand, monkeypatch, name):
    before = predict().predictions.read_bytes()
    real = stage.sources
    monkeypatch.setattr(stage, "sources", lambda files: real(files) | ({name: "changed"} if name in files else {}))
    with pytest.raises(
        UserError, match=rf"made from something else: code of {name}.\n`./run.sh predict .*--overwrite`"
    ):
        predict()
    assert predict(overwrite=True).predictions.read_bytes() != before  # says other code


def test_parts_of_other_code_are_not_gone_on_with(stand, monkeypatch, capsys):
    monkeypatch.setattr(table, "PART", 1)
    real_write, real = table.Parts.write, stage.sources

    def write(self, span, rows):
        real_write(self, span, rows)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        patch.setattr(stage, "sources", lambda files: real(files) | {"masks/postprocess.py": "before"})
        with pytest.raises(Killed):
            predict()
    predict()
    assert "going on" not in capsys.readouterr().out


def test_a_config_that_was_edited_makes_other_answers(stand):
    predict()
    config = stand / "submissions/smoke/config.yaml"
    config.write_text(config.read_text().replace("size: 64", "size: 128"))
    with pytest.raises(UserError, match=r"model\.size 64 -> 128"):
        predict()


def test_an_image_replaced_in_place_is_noticed(stand):
    predict(split="test")
    path = stand / "data/tiny/images/test/test_00000_img.jpg"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (1024, 1024, 3), np.uint8))
    os.utime(path, (10**9, 10**9))
    with pytest.raises(UserError, match="made from something else: the images"):
        predict(split="test")


def test_what_a_killed_predict_could_not_read_is_still_told(stand, monkeypatch, capsys):
    monkeypatch.setattr(table, "PART", 1)
    path = stand / "data/tiny/images/test/test_00000_img.jpg"
    path.write_bytes(path.read_bytes()[:30_000])
    real = table.Parts.write

    def write(self, span, rows):
        real(self, span, rows)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        with pytest.raises(Killed):
            predict(split="test")
    place = predict(split="test")
    said = capsys.readouterr().out
    assert "going on after 1" in said
    assert (
        "1 images could not be read whole; what is missing was taken for black:\n  test_00000_img.jpg: cut short"
        in said
    )
    rows = pd.read_parquet(place.predictions).set_index("image_id")
    assert rows["fault"].str.startswith("cut short").tolist() == [True, False]


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


def test_damaged_predictions_are_one_line_with_the_command(stand):
    place = predict()
    content = place.predictions.read_bytes()
    for damaged in (content[:1500], b"", content[:-1]):
        place.predictions.write_bytes(damaged)
        with pytest.raises(
            UserError, match=r"predictions.parquet is damaged .*`./run.sh predict .*--overwrite`"
        ) as error:
            predict()
        assert "\n" not in str(error.value)
    assert predict(overwrite=True).predictions.read_bytes() == content


def test_two_at_once_are_refused(stand, monkeypatch):
    """The second comes while the first is at work, in a process of its own."""
    real = stage.answers
    refused = []

    def answers(*arguments):
        command = [sys.executable, "-m", "pipeline", "predict", "--overwrite"]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
        refused.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=False))
        return real(*arguments)

    monkeypatch.setattr(stage, "answers", answers)
    predict()
    assert refused[0].returncode == 2
    assert re.search(r"^error: .*tiny-val-none is in use: `predict`, process \d+ on ", refused[0].stderr)
