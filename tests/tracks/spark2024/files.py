"""Data sets of empty image files."""

from pipeline.tracks.spark2024 import reader
from tests.makers import HEADER, write_csv

ROWS = [
    ["Cheops", "a_img.jpg", "a_layer.jpg", "(1, 2, 30, 40)"],
    ["XMM Newton", "a_img.jpg", "a_layer.jpg", "[5, 6, 70.5, 80]"],
]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def labelled(folder, rows=ROWS, header=HEADER, split="train"):
    """Items of a folder with that CSV."""
    write_csv(folder / f"{split}.csv", header, rows)
    return reader.items(folder)
