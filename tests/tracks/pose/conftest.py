"""The competition without its own task, so that files, judge and upload are tried through the stages."""

from pathlib import Path

import pytest

from pipeline.contracts import Track, Upload
from pipeline.stages.indexed import indexed
from pipeline.tracks.pose import SIZE_HW, submission
from pipeline.tracks.pose.reader import READER
from pipeline.tracks.pose.score import JUDGE
from tests.toy.track import Number
from tests.tracks.pose import files


@pytest.fixture(scope="session")
def form() -> Track:
    """Reader, judge and upload as one track, with a task that is never asked."""
    upload = Upload(name=submission.NAME, write=submission.write, examine=submission.examine)
    selects = ("speed_score", "min")
    return Track(
        name="pose", task=Number(), reader=READER, size_hw=SIZE_HW, judge=JUDGE, selects=selects, upload=upload
    )


@pytest.fixture(scope="session")
def rows_of(form):
    """The index of a folder, by image_id, through the stage that makes it."""

    def rows_of(folder: Path):
        return indexed(folder, form).set_index("image_id")

    return rows_of


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    """A set in SPEED+'s layout, with masks; never written to but for its index."""
    return files.speed_plus(tmp_path_factory.mktemp("pose") / "whole")
