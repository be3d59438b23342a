"""Fixtures that several tests of this folder share."""

import pytest

from pipeline.tracks.spark2026 import submission
from tests.makers import answers
from tests.tracks.spark2026.zips import EFFICIENCY, NUMBERS


@pytest.fixture
def path(tmp_path):
    submission.write(tmp_path / "s.zip", answers(NUMBERS), EFFICIENCY)
    return tmp_path / "s.zip"
