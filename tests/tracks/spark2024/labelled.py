"""One labelled image and what is found in it."""

from pipeline.tracks.spark2024.integrity import check_image
from tests.makers import scene

IMAGE, LABELS, BOX = scene(7, 256)


def path_of(item, kind):
    return item.folder / getattr(item, kind)


def codes(item):
    return [problem.code for problem in check_image(item)["problems"]]
