"""A valid zip, and ways to change it."""

import zipfile

import pytest

from pipeline.errors import UserError
from pipeline.tracks.spark2026.track import TRACK
from tests.makers import asked

NUMBERS = [1, 2, 13]


IDS = [f"image {number}" for number in NUMBERS]


IMAGES = asked(IDS)


EFFICIENCY = {"gmac": 4.483, "mparams": 3.454}


MEMBERS = {"submission.csv", "coco_bbox.json", "coco_segm.json", "efficiency.json"}


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rewritten(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def refusal(path):
    with pytest.raises(UserError) as error:
        TRACK.upload.read(path, IMAGES)
    return str(error.value)


def change_row(members, **cells):
    lines = members["submission.csv"].splitlines()
    image_id, cls, rest = lines[1].split(",", 2)
    box, body, panel = rest.rsplit(",", 2)
    now = {"image_id": image_id, "class": cls, "bbox": box, "body_rle": body, "panel_rle": panel} | cells
    lines[1] = ",".join(now.values())
    members["submission.csv"] = "\n".join(lines) + "\n"
