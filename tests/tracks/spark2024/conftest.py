"""Fixtures that several tests of this folder share."""

from pathlib import Path

import pytest

from pipeline.tracks.spark2024.integrity import Labelled
from tests.makers import COLOURS, write_rgb
from tests.tracks.spark2024.labelled import BOX, IMAGE, LABELS


@pytest.fixture
def item(tmp_path):
    write_rgb(tmp_path / "images/a_img.jpg", IMAGE)
    write_rgb(tmp_path / "mask/a_layer.jpg", COLOURS[LABELS])
    return Labelled(tmp_path, Path("images/a_img.jpg"), Path("mask/a_layer.jpg"), BOX)
