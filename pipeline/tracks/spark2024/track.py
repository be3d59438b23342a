"""SPARK 2024 Stream 1's segmentation, as stages see it."""

import zipfile

import numpy as np

from pipeline.contracts import Track, Upload
from pipeline.judging.ceiling import ceilings
from pipeline.tasks.parts import Parts
from pipeline.tracks.spark2024 import CLASSES, SIZE, score, submission
from pipeline.tracks.spark2024.truth import READER, coco

CODE = ("archive", "spark2024/__init__", "spark2024/submission")


def plainly(zip: zipfile.ZipFile, answer: tuple) -> list[np.ndarray]:
    """Body and panel of an answer as pixels."""
    with zip.open(submission.member_of(answer.image_id)) as member, np.load(member) as arrays:
        colours = arrays["data"]
    return [colours[..., 0] > 0, colours[..., 2] > 0]


TRACK = Track(
    name="spark2024",
    task=Parts(CLASSES, classified=False),
    reader=READER,
    size_hw=(SIZE, SIZE),
    views=("none", "hflip", "flips", "d4"),
    judge=score.JUDGE,
    selects=("s_seg", "max"),
    upload=Upload(
        name="submission_2024.zip",
        write=submission.write,
        examine=submission.examine,
        results=submission.results,
        code=("masks/rle.py", *(f"tracks/{name}.py" for name in CODE)),
    ),
    coco=coco,
    ceilings=ceilings,
    plainly=plainly,
)
