"""A toy data set with its index, made once."""

from pathlib import Path

import pytest

from pipeline.stages.indexed import indexed
from tests.search.gated import TRACK
from tests.toy.data import numbers


@pytest.fixture(scope="session")
def toy_images(tmp_path_factory) -> Path:
    """120 images to train on, 6 of them tune, and 6 of val; never written to."""
    folder = numbers(tmp_path_factory.mktemp("toy") / "numbers", train=120)
    indexed(folder, TRACK)
    return folder
