"""One fault at a time in a set that is whole, found through the index."""

import cv2
import numpy as np
import pytest

from pipeline.tracks.pose.reader import READER
from tests.tracks.pose import files

FIRST = "synthetic/img000001.jpg"
IMAGE, MASK = "synthetic/images/img000001.jpg", "synthetic/masks/img000001.png"


def mask(folder, change):
    files.write_picture(folder / MASK, change(files.silhouette(1)))


def relabelled(folder, **changed):
    rows = [files.label(f"img{number:06}.jpg", number) for number in range(1, 5)]
    rows[0] |= changed
    files.write_json(folder / "synthetic/train.json", rows)


def cut(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])


_, R = files.pose(1)
FAULTS = {
    "image missing": (lambda d: (d / IMAGE).unlink(), "image-missing", IMAGE, False),
    "image cut": (lambda d: cut(d, IMAGE), "image-undecodable", "cut short", False),
    "image empty": (lambda d: (d / IMAGE).write_bytes(b""), "image-undecodable", "0 bytes", False),
    "mask missing": (lambda d: (d / MASK).unlink(), "mask-missing", MASK, False),
    "mask cut": (lambda d: cut(d, MASK), "mask-undecodable", "cut short", False),
    "mask of another size": (lambda d: mask(d, lambda m: m[:60, :96]), "mask-size", "96x60, image 192x120", False),
    "mask of ones": (lambda d: mask(d, lambda m: m // 255), "mask-empty", "no pixel above 127", True),
    "mask of grey": (lambda d: mask(d, lambda m: m // 255 * 200), "mask-values", "are neither 0 nor 255", True),
    "mask elsewhere": (lambda d: mask(d, lambda m: np.roll(m, 60, 0)), "mask-pose", "box of the mask (", True),
    "no pose": (
        lambda d: relabelled(d, q_vbs2tango_true=None, r_Vo2To_vbs_true=None),
        "pose-missing",
        "train.json",
        False,
    ),
    "millimetres": (
        lambda d: relabelled(d, r_Vo2To_vbs_true=[1000 * value for value in R]),
        "pose-millimetres",
        "m away: millimetres?",
        False,
    ),
    "behind": (lambda d: relabelled(d, r_Vo2To_vbs_true=[0, 0, -6]), "pose-behind", "z = -6 m", False),
}


@pytest.mark.parametrize(("damage", "code", "words", "usable"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_and_leaves_the_others_alone(tmp_path, rows_of, damage, code, words, usable):
    folder = files.speed_plus(tmp_path)
    damage(folder)
    rows = rows_of(folder)
    found = {problem.code: str(problem) for problem in rows.loc[FIRST, "problems"]}
    assert words in found[code]
    assert not any(rows.drop(FIRST)["problems"])
    assert bool(READER.usable(rows)[rows.index.get_loc(FIRST)]) is usable
    assert READER.usable(rows).sum() == len(rows) - (not usable)


@pytest.mark.parametrize(
    ("meant", "hint"),
    [(lambda w, x, y, z: [x, y, z, w], "the scalar last"), (lambda w, x, y, z: [w, -x, -y, -z], "camera to body")],
)
def test_a_pose_that_fits_in_another_convention_is_named(tmp_path, rows_of, meant, hint):
    folder = files.speed_plus(tmp_path)
    row = files.label("img000005.jpg", 5)
    row["q_vbs2tango_true"] = meant(*row["q_vbs2tango_true"])
    files.write_json(folder / "synthetic/validation.json", [row, files.label("img000006.jpg", 6)])
    (problem,) = rows_of(folder).loc["synthetic/img000005.jpg", "problems"]
    assert problem.code == "mask-pose"
    assert problem.text.endswith(f"(fits with {hint})")


def test_masks_may_be_coloured_and_soft_at_their_edges(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    expected = rows_of(folder)["mask_rle"]
    for number, channel in ((1, 0), (2, 1), (3, 2)):
        mask_hw = files.silhouette(number)
        edge_hw = cv2.dilate(mask_hw, np.ones((3, 3))) - mask_hw
        mask_hwc = np.zeros((120, 192, 3), np.uint8)
        mask_hwc[..., channel] = mask_hw + edge_hw // 3
        files.write_picture(folder / f"synthetic/masks/img{number:06}.png", mask_hwc)
    rows = rows_of(folder)
    assert rows["mask_rle"].equals(expected)
    assert not any(rows["problems"])


def test_an_image_that_cannot_be_read_has_the_size_of_its_mask(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    (folder / IMAGE).unlink()
    row = rows_of(folder).loc[FIRST]
    assert (row["height"], row["width"], row["content_hash"]) == (120, 192, "")
    assert row["camera"].tolist() == files.CAMERA.shares.tolist()


def test_without_image_and_mask_the_camera_is_the_file_s(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path, masks=False)
    (folder / IMAGE).unlink()
    row = rows_of(folder).loc[FIRST]
    assert (row["height"], row["width"]) == (0, 0)
    assert row["camera"].tolist() == files.CAMERA.shares.tolist()
    assert np.isnan(row["x_min"])


def test_an_empty_mask_leaves_the_box_to_the_key_points(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    boxes = ["x_min", "y_min", "x_max", "y_max"]
    drawn = rows_of(folder).loc[FIRST, boxes].tolist()
    mask(folder, lambda mask_hw: mask_hw * 0)
    assert rows_of(folder).loc[FIRST, boxes].tolist() == pytest.approx(drawn, abs=1.5)
