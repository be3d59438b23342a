import numpy as np
import pandas as pd
import pytest

from pipeline.dataset.index_table import rows_hash
from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.poses.camera import SPEED, SPEED_PLUS, Camera
from pipeline.tracks.pose.reader import READER
from tests.tracks.pose import files

BOX = ["x_min", "y_min", "x_max", "y_max"]


def problems(rows):
    return {image_id: [problem.code for problem in found] for image_id, found in rows["problems"].items() if found}


def test_splits_domains_and_names_of_speed_plus(whole, rows_of):
    rows = rows_of(whole)
    assert rows.loc["lightbox/img000002.jpg", ["split", "domain"]].tolist() == ["val", "lightbox"]
    counts = rows.groupby(["domain", "split"]).size().to_dict()
    expected = {("synthetic", "train"): 3, ("synthetic", "tune"): 1, ("synthetic", "val"): 2}
    assert counts == expected | {("lightbox", "val"): 2, ("sunlamp", "val"): 1}
    assert rows.loc["sunlamp/img000001.jpg", "image_path"] == "sunlamp/images/img000001.jpg"
    assert problems(rows) == {}
    assert READER.usable(rows).all()
    assert READER.labelled(rows).all()
    assert READER.remarks(whole, READER.items(whole)) == []


def test_poses_cameras_masks_and_boxes_are_those_of_the_files(whole, rows_of):
    rows = rows_of(whole)
    number = 6  # the second of the validation images
    row = rows.loc["synthetic/img000006.jpg"]
    quaternion, position = files.pose(number)
    assert row["quaternion"].tolist() == pytest.approx(quaternion, abs=1e-15)
    assert row["translation_m"].tolist() == position
    assert row["camera"].tolist() == files.CAMERA.shares.tolist()
    mask_hw = files.silhouette(number) > 0
    assert (rle.decode(row["mask_rle"], 120, 192) == mask_hw).all()
    ys, xs = np.nonzero(mask_hw)
    assert row[BOX].tolist() == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]


def straight(folder, rows_of, position):
    """The index row of a craft that is not turned, in images of 192 x 120 with a focal length of 100 pixels."""
    camera = Camera(100, 100, 96, 60, 192, 120)
    files.speed_plus(folder, {("synthetic", "train"): 1}, masks=False, camera=camera)
    row = {"filename": "img000001.jpg", "q_vbs2tango_true": [1, 0, 0, 0], "r_Vo2To_vbs_true": position}
    files.write_json(folder / "synthetic/train.json", [row])
    return rows_of(folder).iloc[0]


def test_without_masks_the_box_is_the_extent_of_the_key_points(tmp_path, rows_of):
    """10 m straight ahead the antennas are the farthest out on all four sides."""
    found = straight(tmp_path, rows_of, [0, 0, 10])
    expected = [96 - 54.27 / 10.2535, 60 - 57.9 / 10.2515, 96 + 54.27 / 10.2591, 60 + 48.77 / 10.2535]
    assert found[BOX].tolist() == pytest.approx(expected, abs=1e-9)
    assert pd.isna(found["mask_rle"])
    assert found["problems"] == ()


def test_boxes_are_cut_at_the_image(tmp_path, rows_of):
    found = straight(tmp_path / "cut", rows_of, [-9.8, 0, 10])
    assert found["x_min"] == 0
    assert found["x_max"] == pytest.approx(96 + 100 * (-9.8 + 0.5427) / 10.2591)
    assert straight(tmp_path / "outside", rows_of, [-30, 0, 10])[BOX].isna().all()


def test_test_images_have_a_camera_and_no_pose(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    files.write_json(folder / "lightbox/test.json", [{"filename": f"img{i:06}.jpg"} for i in (1, 2)])
    rows = rows_of(folder)
    assert rows.groupby("domain")["split"].unique().map(sorted).to_dict() == {
        "lightbox": ["test"],
        "sunlamp": ["val"],
        "synthetic": ["train", "tune", "val"],
    }
    row = rows.loc["lightbox/img000001.jpg"]
    assert row["camera"].tolist() == files.CAMERA.shares.tolist()
    assert row["quaternion"] is None
    assert pd.isna(row["mask_rle"])
    assert row["problems"] == ()
    assert READER.labelled(rows).sum() == 7


def test_one_pose_among_test_rows_makes_them_val(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    files.write_json(folder / "lightbox/test.json", [{"filename": "img000001.jpg"}, files.label("img000002.jpg", 8)])
    rows = rows_of(folder)
    assert rows.loc[["lightbox/img000001.jpg", "lightbox/img000002.jpg"], "split"].tolist() == ["val", "val"]
    assert problems(rows) == {"lightbox/img000001.jpg": ["pose-missing"]}
    assert READER.usable(rows).tolist() == (rows.index != "lightbox/img000001.jpg").tolist()


def test_speed_has_one_camera_without_a_file(tmp_path, rows_of):
    rows = rows_of(files.speed(tmp_path))
    assert rows["domain"].value_counts().to_dict() == {"synthetic": 5, "real": 3}
    splits = rows.groupby("image_path")["split"].first().groupby(lambda path: path.split("/")[1]).unique().map(sorted)
    assert splits.to_dict() == {"real": ["val"], "real_test": ["test"], "test": ["test"], "train": ["train", "tune"]}
    assert rows.loc["real/img000006real.jpg", "quaternion"].tolist() == pytest.approx(files.pose(6)[0], abs=1e-15)
    assert np.allclose(rows["camera"].tolist(), SPEED.shares, rtol=1e-15)  # though images are a tenth of 1920 x 1200
    assert all(codes == ["camera-size"] for codes in problems(rows).values())
    assert READER.usable(rows).sum() == 5


def test_speed_with_a_camera(tmp_path, rows_of):
    files.write_json(files.speed(tmp_path) / "camera.json", files.camera_json(files.CAMERA))
    rows = rows_of(tmp_path)
    assert rows["camera"].iloc[0].tolist() == files.CAMERA.shares.tolist()
    assert problems(rows) == {}


def test_spark_has_quaternions_scalar_last_and_no_key_points(tmp_path, rows_of):
    rows = rows_of(files.spark(tmp_path))
    assert rows["split"].value_counts().to_dict() == {"train": 1, "tune": 1, "val": 2, "test": 2}
    row = rows.loc["synthetic/GT001/img003_GT001.jpg"]
    quaternion, position = files.pose(3)
    assert row["quaternion"].tolist() == pytest.approx(quaternion, abs=1e-15)
    assert row["translation_m"].tolist() == pytest.approx(position, abs=1e-15)
    assert row["camera"][0] == pytest.approx(1744.92206139719 / 1440)
    assert row[BOX].isna().all()
    assert rows.loc["synthetic/GT001/img006_GT001.jpg", "quaternion"] is None  # of a sample submission


@pytest.mark.parametrize(("height", "width"), [(128, 128), (60, 96), (1200, 1920)])
def test_images_of_another_size_are_taken_to_be_resized(tmp_path, rows_of, height, width):
    folder = files.speed_plus(tmp_path, {("synthetic", "train"): 1}, camera=SPEED_PLUS)
    for kind in ("images/img000001.jpg", "masks/img000001.png"):
        files.write_picture(folder / "synthetic" / kind, np.full((height, width), 255, np.uint8))
    rows = rows_of(folder)
    row = rows.iloc[0]
    expected = [2988.5795163815555 / 1920, 2988.3401159176124 / 1200, 0.5, 0.5]
    assert row["camera"].tolist() == pytest.approx([*expected, *SPEED_PLUS.distortion], rel=1e-15)
    assert (row["height"], row["width"]) == (height, width)
    found = [problem for problem in row["problems"] if problem.code == "camera-size"]
    assert [problem.text for problem in found] == (
        [] if width == 1920 else [f"image {width}x{height}, camera 1920x1200: taken to be resized"]
    )


def test_an_image_that_is_named_twice_is_said(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    files.write_json(
        folder / "synthetic/validation.json", [files.label("img000001.jpg", 1), files.label("img000005.jpg", 5)]
    )
    found = problems(rows_of(folder))
    assert found["synthetic/img000001.jpg#2"] == ["row-repeated", "duplicate-across-splits"]


def test_what_is_no_item_is_said(tmp_path):
    folder = files.speed_plus(tmp_path)
    files.write_picture(folder / "synthetic/images/img000099.jpg", np.zeros((120, 192), np.uint8))
    (folder / "synthetic/images/._img000001.jpg").touch()
    (folder / "lightbox/val.json").write_text("[]")
    files.write_json(folder / "sunlamp/test.json", [])
    assert READER.remarks(folder, READER.items(folder)) == [
        "sunlamp/test.json has no rows",
        "3 image files that no table names, left out: sunlamp/images/img000001.jpg, sunlamp/masks/img000001.png, "
        "synthetic/images/img000099.jpg",
        "1 files of other formats than .jpg, .jpeg, .png, left out: lightbox/val.json",
        "1 junk files (._*), left out: synthetic/images/._img000001.jpg",
    ]


def test_without_any_table_all_that_was_looked_for_is_said(tmp_path):
    with pytest.raises(UserError) as error:
        READER.items(tmp_path)
    for words in (str(tmp_path), "<domain>/validation.json", "real_test.json", "val/val.csv", "data/README.md"):
        assert words in str(error.value)


def test_speed_plus_needs_its_camera(tmp_path):
    (files.speed_plus(tmp_path) / "camera.json").unlink()
    with pytest.raises(UserError, match=r"there is no .*camera\.json"):
        READER.items(tmp_path)


def test_links_are_followed_and_dangling_ones_are_not_passed_over(tmp_path):
    whole = files.speed_plus(tmp_path / "whole")
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in whole.iterdir():
        (linked / path.name).symlink_to(path)
    assert [item.image_id for item in READER.items(linked)] == [item.image_id for item in READER.items(whole)]
    (whole / "synthetic/train.json").rename(whole / "gone")
    (whole / "synthetic/train.json").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"train\.json cannot be read: No such file"):
        READER.items(linked)


def test_tables_are_watched(whole):
    names = [path.relative_to(whole).as_posix() for path in READER.tables(whole)]
    domains = ["lightbox/test.json", "sunlamp/test.json", "synthetic/train.json", "synthetic/validation.json"]
    assert names == ["camera.json", *domains]


def test_every_number_of_the_truth_is_in_its_hash(whole, rows_of):
    rows = rows_of(whole).reset_index()
    found = {rows_hash(rows), rows_hash(rows.copy())}
    for name in ("quaternion", "camera"):
        changed = rows.copy()
        changed.at[2, name] = changed.at[2, name] * (1 + 2**-52)
        found.add(rows_hash(changed))
    assert len(found) == 3


def test_a_changed_camera_makes_the_index_anew(tmp_path, rows_of):
    folder = files.speed_plus(tmp_path)
    before = rows_of(folder)["camera"].iloc[0]
    files.write_json(folder / "camera.json", files.camera_json(Camera.of_shares(before * 1.01, 120, 192)))
    assert rows_of(folder)["camera"].iloc[0].tolist() == pytest.approx((before * 1.01).tolist(), rel=1e-14)
