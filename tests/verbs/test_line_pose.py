"""A pose track from rendering to its upload, on a few tiny images, as a user types it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from pipeline.cli import main
from pipeline.poses.camera import Camera

SIZES = ("--count", "16", "--val", "6", "--test", "3", "--size", "96", "--seed", "4")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a rendered set and a run `smoke` on it."""
    folder = tmp_path_factory.mktemp("pose")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in (
            ["simulate", "--track", "pose", "--out", "data/tango", *SIZES],
            ["index", "--data", "data/tango", "--track", "pose", "--strict"],
            ["train", "pose/smoke", "--run", "smoke"],
        ):
            assert main(words) == 0
        yield folder


def lines(here) -> list[dict]:
    return [json.loads(line) for line in (here / "submissions/smoke/metrics.jsonl").read_text().splitlines()]


def test_a_training_logs_every_head_and_is_selected_by_the_lowest_score(here):
    found = lines(here)
    assert {"pose", "heat", "ciou", "bce", "rotation_rad", "translation_share", "speed_score"} <= found[0].keys()
    assert not {"giou", "mse", "s_acc", "dice"} & found[0].keys()
    assert [found[0][f"weight_{name}"] for name in ("pose", "heat", "ciou", "bce")] == [1, 1, 1, 1]  # dwa's first
    best = load_file(here / "submissions/smoke/checkpoints/best.safetensors")
    last = torch.load(here / "submissions/smoke/checkpoints/last.ckpt", weights_only=False)
    assert last["best"] == min(line["speed_score"] for line in found)
    is_last = found[-1]["speed_score"] == last["best"]
    weights = last["average" if found[-1]["weights"] == "average" else "network"]
    assert all(torch.equal(best[name], weights[name]) for name in best) == is_last


def test_a_head_that_nothing_teaches_is_refused(here, tmp_path, monkeypatch, capsys):
    shutil.copytree(here / "data/tango", tmp_path / "data/bare", ignore=shutil.ignore_patterns("masks", "index*"))
    monkeypatch.chdir(tmp_path)
    assert main(["train", "pose/smoke"]) == 2
    assert "no image to train on has a mask: leave S out of model.heads, PHBS" in capsys.readouterr().err
    assert not list((tmp_path / "submissions").glob("*/config.yaml"))


def test_one_training_is_answered_in_three_ways(here, capsys):
    scores = {}
    for decode in ("direct", "pnp", "mixed"):
        assert main(["predict", "--decode", decode]) == 0
        assert main(["score", "--details"]) == 0
        place = here / f"submissions/smoke/tango-val-none+{decode}"
        rows = pd.read_parquet(place / "predictions.parquet")
        assert np.allclose(np.linalg.norm(np.stack(rows["quaternion"]), axis=1), 1)
        assert rows["mask_rle"].notna().all()
        scores[decode] = json.loads((place / "score.json").read_text())
    said = capsys.readouterr().out
    assert "By domain".lower() in said.lower()
    assert len({found["speed_score"] for found in scores.values()}) >= 2
    assert set(scores["pnp"]["intervals"]) >= {"speed_score", "rotation_deg", "translation_m"}
    assert main(["predict", "--decode", "upnp"]) == 2
    assert "run 'smoke' has direct, pnp, mixed" in capsys.readouterr().err


def test_no_view_of_a_mirrored_image_is_a_pose(here, capsys):
    assert main(["predict", "--tta", "hflip"]) == 2
    assert "a mirrored craft is no turned one" in capsys.readouterr().err


def test_its_upload_is_a_csv_without_a_header_of_images_of_any_size(here):
    assert main(["package", "--split", "test", "--tta", "none+direct"]) == 0
    path = here / "submissions/smoke/tango-test-none+direct/submission.csv"
    rows = pd.read_csv(path, header=None)
    assert rows.shape == (3, 8)
    assert np.allclose(np.linalg.norm(rows[[1, 2, 3, 4]], axis=1), 1)
    assert main(["validate", str(path), "--track", "pose", "--split", "test"]) == 0


def test_a_report_shows_axes_and_no_classes(here):
    assert main(["report", "smoke", "--tta", "none+mixed"]) == 0
    page = (here / "submissions/smoke/tango-val-none+mixed/report.html").read_text()
    assert "degrees off" in page
    assert "By distance of the craft" in page
    assert "Confusion" not in page


def test_a_loose_folder_needs_its_camera(here, tmp_path, capsys):
    images = here / "data/tango/synthetic/images"
    assert main(["predict", "--images", str(images), "--overlay"]) == 0  # camera.json lies two folders above
    rows = pd.read_parquet(here / "submissions/smoke/images-images-none/predictions.parquet")
    camera = Camera.read(here / "data/tango/camera.json")
    assert np.allclose(np.stack(rows["camera"]), camera.shares)
    (tmp_path / "a.jpg").write_bytes(next(images.iterdir()).read_bytes())
    assert main(["predict", "--images", str(tmp_path)]) == 2
    assert "camera.json" in capsys.readouterr().err


def test_another_camera_makes_other_answers_of_the_same_images(here, capsys):
    assert main(["predict", "--decode", "direct"]) == 0
    path = here / "data/tango/camera.json"
    before = path.read_text()
    said = json.loads(before)
    said["cameraMatrix"][0][0] *= 1 + 1e-12
    try:
        path.write_text(json.dumps(said))
        assert main(["predict", "--decode", "direct"]) == 2
        assert "made from something else: the images" in capsys.readouterr().err
    finally:
        path.write_text(before)
