"""SPARK 2026 Stream 1, as stages see it. Files and labels are taken to be as SPARK 2024's."""

import zipfile

import numpy as np

from pipeline.contracts import Track, Upload
from pipeline.judging.ceiling import ceilings
from pipeline.masks import rle
from pipeline.tasks.parts import Parts
from pipeline.tracks.spark2024.truth import READER, coco
from pipeline.tracks.spark2026 import CLASSES, SIZE, score, submission

CODE = ("archive", "spark2024/__init__", *(f"spark2026/{it}" for it in ("__init__", "submission", "members", "checks")))


def plainly(zip: zipfile.ZipFile, answer: tuple) -> list[np.ndarray]:
    """Body and panel of an answer as pixels."""
    return [rle.decode(counts, SIZE, SIZE) for counts in (answer.body_rle, answer.panel_rle)]


TRACK = Track(
    name="spark2026",
    task=Parts(CLASSES, classified=True),
    reader=READER,
    size_hw=(SIZE, SIZE),
    views=("none", "hflip", "flips", "d4"),
    judge=score.JUDGE,
    selects=("s_acc", "max"),
    upload=Upload(
        name="submission.zip",
        write=submission.write,
        examine=submission.examine,
        results=submission.results,
        code=("masks/rle.py", "masks/boxes.py", "masks/columns.py", *(f"tracks/{name}.py" for name in CODE)),
    ),
    classes=CLASSES,
    coco=coco,
    ceilings=ceilings,
    reward=score.reward,
    plainly=plainly,
    hub="CVI2-UniLU/SPARK-2026",
)
