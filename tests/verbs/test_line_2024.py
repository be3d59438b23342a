"""SPARK 2024's segmentation from training to its upload, on eight tiny images, as a user types it."""

import io
import json
import zipfile

import numpy as np
import pandas as pd

from pipeline.cli import main

SMALL = ("--model.size", "64", "--optim.epochs", "2", "--optim.batch-size", "2", "--optim.amp", "bf16")


def test_the_whole_line(workplace, capsys):
    trained = workplace / "submissions" / "old"
    for words in (
        ["train", "--recipe", "spark2024/deeplabv3", *SMALL, "--run", "old"],
        ["predict", "--tta", "d4"],
        ["score", "--details"],
        ["package", "--split", "test"],
        ["report", "old"],
    ):
        assert main(words) == 0
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert {"s_seg", "mean_iou", "pooled_iou", "jaccard"} <= lines[0].keys()
    assert not {"s_acc", "dice", "cls"} & lines[0].keys()
    found = json.loads((trained / "tiny-val-d4" / "score.json").read_text())
    assert found["track"] == "spark2024"
    assert found["s_seg"] is not None
    assert "s_final" not in found
    rows = pd.read_parquet(trained / "tiny-val-d4" / "predictions.parquet")
    assert set(rows["class_index"]) == {-1}
    with zipfile.ZipFile(trained / "tiny-test-d4" / "submission_2024.zip") as zipped:
        assert sorted(zipped.namelist()) == ["test_00000_layer.npz", "test_00001_layer.npz"]
        mask_hwc = np.load(io.BytesIO(zipped.read("test_00000_layer.npz")))["data"]
    assert (mask_hwc.shape, mask_hwc.dtype) == ((1024, 1024, 3), np.uint8)
    page = (trained / "tiny-val-d4" / "report.html").read_text()
    assert "Confusion" not in page
    assert "no class" in page
    capsys.readouterr()
    upload = str(trained / "tiny-test-d4" / "submission_2024.zip")
    assert main(["validate", upload, "--track", "spark2024"]) == 0
    assert "valid:" in capsys.readouterr().out
    assert main(["score", "--track", "spark2026"]) == 2
    assert "cannot be made of answers without a class" in capsys.readouterr().err


def test_a_recipe_without_a_class_is_no_recipe_of_such_a_track(workplace, capsys):
    assert main(["train", "--recipe", "smoke", "--model.classify", "false"]) == 2
    said = capsys.readouterr().err
    assert "loss.cls needs model.classify true, or 0" in said
    assert "track spark2026 asks for the class" in said
