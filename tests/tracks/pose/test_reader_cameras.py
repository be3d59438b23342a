"""Which camera is meant where images do not come with one of their own."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.poses.camera import SPARK_2022, SPEED
from pipeline.tracks.pose.reader import READER
from tests.tracks.pose import files


def beside(folder):
    (camera,) = READER.beside(folder).values()
    return camera


def test_spark_with_a_camera(tmp_path, rows_of):
    files.write_json(files.spark(tmp_path) / "camera.json", files.camera_json(files.CAMERA))
    assert np.array_equal(rows_of(tmp_path)["camera"].tolist(), [files.CAMERA.shares] * 6)


def test_loose_images_of_sets_without_a_camera_have_the_known_one(tmp_path):
    speed, spark = files.speed(tmp_path / "speed"), files.spark(tmp_path / "spark")
    for folder in (speed, speed / "images", speed / "images/test"):
        assert beside(folder) == SPEED.shares.tolist()
    for folder in (spark, spark / "val/images", spark / "val/images/GT001"):
        assert beside(folder) == SPARK_2022.shares.tolist()


def test_the_nearest_camera_counts(tmp_path):
    outer = files.camera_json(files.CAMERA)
    files.write_json(tmp_path / "camera.json", outer)
    speed = files.speed(tmp_path / "speed")
    assert beside(speed / "images/test") == SPEED.shares.tolist()
    outer["cameraMatrix"][0][0] *= 2
    files.write_json(speed / "images/test/camera.json", outer)
    assert beside(speed / "images/test") == [2 * files.CAMERA.shares[0], *files.CAMERA.shares[1:]]
    assert beside(speed / "images/train") == SPEED.shares.tolist()


def test_a_camera_is_not_guessed(tmp_path):
    """Far below a set, or below a table that is none of SPEED's."""
    deep = files.speed(tmp_path / "speed") / "images/test/a/b"
    deep.mkdir(parents=True)
    files.write_json(tmp_path / "other/train.json", [])
    (tmp_path / "other/images").mkdir()
    for folder in (deep, tmp_path / "other/images"):
        with pytest.raises(UserError, match=r"no camera for the images of .*SPEED \(2019\) and SPARK 2022.*3 folders"):
            READER.beside(folder)
