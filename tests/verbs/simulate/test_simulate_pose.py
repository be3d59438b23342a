"""What simulate writes for a track whose truth is a pose."""

import json
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from pipeline.errors import UserError
from pipeline.scenes.speed_layout import CAMERA
from pipeline.verbs import simulate as verb
from pipeline.verbs.simulate import simulate
from tests.verbs.simulate.simulated import content, generate

IMAGE, MASK = "synthetic/images/img{:06d}.jpg", "synthetic/masks/img{:06d}.png"
TABLES = {"train": "synthetic/train.json", "val": "synthetic/validation.json", "test": "synthetic/test.json"}


def rows(folder, table):
    return json.loads((folder / table).read_text())


def test_layout(posed):
    expected = {CAMERA, "labels.parquet", "simulate.json", *TABLES.values()}
    expected |= {IMAGE.format(number) for number in range(1, 18)} | {MASK.format(number) for number in range(1, 16)}
    assert set(content(posed)) == expected


def test_tables(posed):
    assert {split: len(rows(posed, table)) for split, table in TABLES.items()} == {"train": 12, "val": 3, "test": 2}
    assert rows(posed, TABLES["test"]) == [{"filename": "img000016.jpg"}, {"filename": "img000017.jpg"}]
    labels = pd.read_parquet(posed / "labels.parquet").set_index("image_id")
    assert labels["split"].value_counts().to_dict() == {"train": 12, "val": 3, "test": 2}
    for split in ("train", "val"):
        for row in rows(posed, TABLES[split]):
            assert list(row) == ["filename", "q_vbs2tango_true", "r_Vo2To_vbs_true"]
            told = labels.loc[f"synthetic/{row['filename']}"]
            assert told["split"] == split
            assert row["q_vbs2tango_true"] == told["quaternion"].tolist()
            assert row["r_Vo2To_vbs_true"] == told["translation_m"].tolist()
            assert np.linalg.norm(row["q_vbs2tango_true"]) == pytest.approx(1)
            assert row["r_Vo2To_vbs_true"][2] > 2.5


def test_images_and_masks_have_one_channel(posed):
    for number in range(1, 16):
        image, mask = (
            cv2.imread(str(posed / name.format(number)), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
            for name in (IMAGE, MASK)
        )
        assert image.shape == mask.shape == (96, 96)
        assert set(np.unique(mask)) == {0, 255}


def test_the_camera_is_the_one_of_every_label(posed):
    camera = json.loads((posed / CAMERA).read_text())
    for told in pd.read_parquet(posed / "labels.parquet")["camera_matrix"]:
        assert told.tolist() == np.ravel(camera["cameraMatrix"]).tolist()


def test_key_points_are_eleven_and_follow_from_table_and_camera_alone(posed):
    camera = json.loads((posed / CAMERA).read_text())
    labels = pd.read_parquet(posed / "labels.parquet").set_index("image_id")
    for row in rows(posed, TABLES["train"]):
        told = labels.loc[f"synthetic/{row['filename']}"]
        points = told["key_points_m"].reshape(-1, 3)
        assert len(points) == 11
        w, v = row["q_vbs2tango_true"][0], np.array(row["q_vbs2tango_true"][1:])
        turned = points + 2 * np.cross(v, np.cross(v, points) + w * points) + row["r_Vo2To_vbs_true"]
        pixels, _ = cv2.projectPoints(
            turned, np.zeros(3), np.zeros(3), np.array(camera["cameraMatrix"]), np.array(camera["distCoeffs"])
        )
        assert np.allclose(pixels[:, 0], told["key_points_px"].reshape(-1, 2), atol=1e-6)


def test_the_number_of_processes_changes_no_byte(posed, tmp_path):
    generate(tmp_path / "two", processes=2, track="pose", count=15, val=3, test=2)
    assert content(tmp_path / "two") == content(posed)


def test_a_stopped_run_resumes(posed, tmp_path, monkeypatch):
    photograph, calls = verb.photograph, []

    def stops(view):
        calls.append(view)
        if len(calls) > 6:
            raise KeyboardInterrupt
        return photograph(view)

    monkeypatch.setattr(verb, "photograph", stops)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, track="pose", count=15, val=3, test=2)
    assert not list(tmp_path.rglob("*.json")) or {path.name for path in tmp_path.rglob("*.json")} == {"simulate.json"}
    monkeypatch.setattr(verb, "photograph", photograph)
    generate(tmp_path, track="pose", count=15, val=3, test=2)
    assert content(tmp_path) == content(posed)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        *((name, instead) for name in (CAMERA, TABLES["train"], "labels.parquet") for instead in (None, b"", b"7")),
        *((name.format(2), instead) for name in (IMAGE, MASK) for instead in (None, b"")),
    ],
)
def test_what_is_lost_or_not_whole_is_put_right(posed, tmp_path, name, instead):
    for path, bytes_ in content(posed).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if path != name:
            (tmp_path / path).write_bytes(bytes_)
    if instead is not None:
        (tmp_path / name).write_bytes(instead)
    generate(tmp_path, track="pose", count=15, val=3, test=2)
    assert content(tmp_path) == content(posed)


def test_the_shifted_domain_has_poses_in_one_test_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    simulate(count=3, size=64, domain="shifted", track="pose")
    folder = tmp_path / "data/sim-pose-shifted"
    assert "index --data data/sim-pose-shifted --track pose" in capsys.readouterr().out
    assert {row["filename"] for row in rows(folder, "lightbox/test.json")} == {f"img00000{i}.jpg" for i in (1, 2, 3)}
    assert all(len(row["q_vbs2tango_true"]) == 4 for row in rows(folder, "lightbox/test.json"))
    assert len(list(folder.glob("lightbox/masks/*.png"))) == 3
    assert [path.name for path in folder.glob("*/*.json")] == ["test.json"]
    assert set(pd.read_parquet(folder / "labels.parquet")["split"]) == {"val"}


def test_contact_sheets_show_the_key_points(tmp_path, capsys):
    simulate(tmp_path / "set", count=9, size=64, test=0, track="pose", preview=True)
    plain, drawn = (cv2.imread(str(tmp_path / "set" / name)) for name in ("preview.png", "preview_masks.png"))
    assert plain.shape == drawn.shape == (2 * 260, 8 * 260, 3)
    for bgr, least in (((0, 230, 255), 9), ((255, 0, 255), 5)):  # seen in every image, hidden in most
        near = np.abs(drawn.astype(int) - bgr).max(axis=2) < 40
        cells = near.reshape(2, 260, 8, 260).swapaxes(1, 2).reshape(16, -1).any(axis=1)
        assert cells.sum() >= least
        assert not (np.abs(plain.astype(int) - bgr).max(axis=2) < 40).any()
    assert capsys.readouterr().out.count("contact sheet: ") == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"meshes": "craft"}, "--meshes: the craft is Tango, whose key points are given"),
        ({"check": True}, "--check: nothing is published"),
        ({"domain": "shifted", "val": 1}, "--val 1: expected 4, for every image of this domain is one of val"),
        ({"domain": "shifted", "test": 2}, "--test 2: expected 0"),
        ({"track": "spark2027"}, "nothing is rendered for a track 'spark2027'"),
    ],
)
def test_what_such_sets_do_not_have_is_refused_before_anything_is_written(tmp_path, asked, said):
    with pytest.raises(UserError, match=re.escape(said)):
        simulate(tmp_path / "set", count=4, size=64, **{"track": "pose"} | asked)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(("first", "second"), [("pose", "spark2026"), ("spark2024", "pose")])
def test_sets_of_two_layouts_do_not_mix(tmp_path, first, second):
    simulate(tmp_path / "set", count=2, size=64, track=first)
    before = content(tmp_path / "set")
    with pytest.raises(UserError, match=r"layout (SPEED\+|None) there, (SPEED\+|None) asked"):
        simulate(tmp_path / "set", count=2, size=64, track=second)
    assert content(tmp_path / "set") == before


def test_tracks_of_one_layout_share_a_set(tmp_path, capsys):
    simulate(tmp_path / "set", count=2, size=64, track="spark2026")
    simulate(tmp_path / "set", count=2, size=64, track="spark2024")
    assert "is finished" in capsys.readouterr().out
