"""Builders of small data sets and answers that several tests share."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from pipeline.dataset.index_table import read_index, rows_of
from pipeline.masks import rle
from pipeline.tracks import NAMES
from pipeline.tracks.spark2026 import CLASSES

OF_PARTS = [name for name in NAMES if name.startswith("spark")]  # by name: tasks need torch, which takes memory
COUNTS = {"Cheops": (2, 1), "XMM Newton": (2, 1)}  # class -> train and val images
COLOURS = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
HEADER = ["Class", "Image name", "Mask name", "Bounding box"]


def scene(number: int, size: int = 1024) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    """RGB image, label map and box of a body with a panel at its right; every number has a place of its own."""
    x, y, width, height = map(int, np.random.default_rng(number).integers(size // 8, size // 3, 4))
    wing = size // 8
    labels_hw = np.zeros((size, size), np.uint8)
    labels_hw[y : y + height, x : x + width] = 1
    labels_hw[y + 3 : y + height - 3, x + width : x + width + wing] = 2
    image_hwc = np.array([[4, 4, 8], [150, 140, 130], [60, 60, 110]], np.uint8)[labels_hw]
    image_hwc[-16:, -16:] = number % 256
    return image_hwc, labels_hw, (x, y, x + width + wing, y + height)


def write_rgb(path: Path, image_hwc: np.ndarray, quality: int = 95, full_colour: bool = False) -> Path:
    """An RGB image as the file type its name says, folders made; `full_colour` is 4:4:4 instead of 4:2:0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = [] if path.suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    if full_colour:
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    assert cv2.imwrite(str(path), image_hwc[..., ::-1], settings)
    return path


def write_csv(path: Path, header: list[str], rows: list[list]) -> Path:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def spark2024(folder: Path, counts: dict[str, tuple[int, int]] = COUNTS, tests: int = 1, size: int = 1024) -> Path:
    """A folder in SPARK 2024's layout; the same file names occur in every class."""
    rows: dict[str, list] = {"train": [], "val": []}
    for number, class_name in enumerate(counts):
        for i in range(sum(counts[class_name])):
            split = "train" if i < counts[class_name][0] else "val"
            image_hwc, labels_hw, box = scene(1000 * number + i, size)
            write_rgb(folder / f"images/{class_name}/{split}/{i:05}_img.jpg", image_hwc)
            write_rgb(folder / f"mask/{class_name}/{split}/{i:05}_layer.jpg", COLOURS[labels_hw], full_colour=True)
            rows[split].append([class_name, f"{i:05}_img.jpg", f"{i:05}_layer.jpg", str(box)])
    for split, lines in rows.items():
        write_csv(folder / f"{split}.csv", HEADER, lines)
    for i in range(tests):
        write_rgb(folder / f"images/test/test_{i:05}_img.jpg", scene(999_000 + i, size)[0])
    return folder


def spark2022(folder: Path, classes: tuple[str, ...] = ("proba_2", "debris"), size: int = 1024) -> Path:
    """A folder in SPARK 2022's layout: PNG files without masks, boxes row first."""
    rows = []
    for number, class_name in enumerate(classes):
        image_hwc, _, (x_min, y_min, x_max, y_max) = scene(number, size)
        write_rgb(folder / f"train/img{number:06}.png", image_hwc)
        rows.append([f"img{number:06}.png", class_name, str([y_min, x_min, y_max, x_max])])
    write_csv(folder / "train.csv", ["filename", "class", "bbox"], rows)
    return folder


def answer_row(image_id: str, class_index: int, box: tuple, body_hw: np.ndarray, panel_hw: np.ndarray) -> dict:
    """A row as predictions.parquet has it."""
    return {
        "image_id": image_id,
        "class_name": CLASSES[class_index],
        "class_index": class_index,
        "class_probs": np.where(np.arange(10) == class_index, 0.91, 0.01).astype(np.float32),
        **dict(zip(("x_min", "y_min", "x_max", "y_max"), map(float, box), strict=True)),
        "body_rle": rle.encode(body_hw),
        "panel_rle": rle.encode(panel_hw),
        "body_score": 0.9 if body_hw.any() else 0.0,
        "panel_score": 0.625 if panel_hw.any() else 0.0,
        "profile_x": b"",
        "profile_y": b"",
        "height": body_hw.shape[0],
        "width": body_hw.shape[1],
        "fallback": not (body_hw | panel_hw).any(),
    }


def answers(numbers: list[int]) -> pd.DataFrame:
    """The true answers to scenes by number, named `image <number>`, of class `number` modulo ten."""
    rows = []
    for number in numbers:
        _, labels_hw, box = scene(number)
        rows.append(answer_row(f"image {number}", number % 10, box, labels_hw == 1, labels_hw == 2))
    return pd.DataFrame(rows)


def asked(image_ids: list[str], height: int = 1024, width: int = 1024) -> pd.DataFrame:
    """The images that a submission must answer, all of one size."""
    return pd.DataFrame({"image_id": image_ids, "height": height, "width": width})


def true_answers(folder: Path) -> pd.DataFrame:
    """The truth of a data set's val split as rows that a submission can be written from."""
    rows = rows_of(read_index(folder), ("val",))
    return rows.assign(class_probs=[[1.0]] * len(rows), body_score=1.0, panel_score=1.0)
