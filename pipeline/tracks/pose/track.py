"""Pose of a known spacecraft, as stages see it."""

from pipeline.contracts import Track, Upload
from pipeline.tasks.pose import Pose
from pipeline.tracks.pose import SIZE_HW, submission
from pipeline.tracks.pose.reader import READER
from pipeline.tracks.pose.score import JUDGE

TRACK = Track(
    name="pose",
    task=Pose(),
    reader=READER,
    size_hw=SIZE_HW,
    no_views="a mirrored craft is no turned one, and a turned image is of another camera",
    judge=JUDGE,
    selects=("speed_score", "min"),
    upload=Upload(
        name="submission.csv",
        write=submission.write,
        examine=submission.examine,
        in_pixels=False,
        code=tuple(f"tracks/pose/{name}.py" for name in ("__init__", "submission", "checks", "score")),
    ),
)
