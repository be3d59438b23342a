"""Small data sets with poses, as real files: a flat craft over black, drawn where its pose puts it."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from pipeline.poses.camera import SPEED_PLUS, Camera
from pipeline.poses.key_points import TANGO

CAMERA = Camera.of(SPEED_PLUS.values * [0.1, 0.1, 0.1, 0.1, 1, 1, 1, 1, 1], 120, 192)
COUNTS = {("synthetic", "train"): 4, ("synthetic", "validation"): 2, ("lightbox", "test"): 2, ("sunlamp", "test"): 1}
BOTH = [f"{domain}/img{number:06}.jpg" for domain in ("lightbox", "sunlamp") for number in (1, 2)]


def turned(quaternion: tuple, points_n3: np.ndarray) -> np.ndarray:
    """Points turned by a quaternion, v + 2 w (u x v) + 2 u x (u x v)."""
    w, u = quaternion[0], np.array(quaternion[1:])
    across = np.cross(u, points_n3)
    return points_n3 + 2 * w * across + 2 * np.cross(u, across)


def pose(number: int) -> tuple[list[float], list[float]]:
    """Unit quaternion and position, metres, of a number."""
    rng = np.random.default_rng(number)
    quaternion = rng.normal(size=4)
    distance = rng.uniform(4, 9)
    return (quaternion / np.linalg.norm(quaternion)).tolist(), [*(rng.uniform(-0.1, 0.1, 2) * distance), distance]


def answers(image_ids: list[str], start: int = 0) -> pd.DataFrame:
    """Poses of so many images, as predictions.parquet has them."""
    poses = [pose(start + number) for number in range(len(image_ids))]
    rows = [(image_id, *map(np.array, each)) for image_id, each in zip(image_ids, poses, strict=True)]
    return pd.DataFrame(rows, columns=["image_id", "quaternion", "translation_m"])


def label(name: str, number: int) -> dict:
    """A row of SPEED+'s JSON."""
    quaternion, position = pose(number)
    return {"filename": name, "q_vbs2tango_true": quaternion, "r_Vo2To_vbs_true": position}


def silhouette(number: int, camera: Camera = CAMERA) -> np.ndarray:
    """uint8 (height, width), 255 inside the outline of the key points."""
    quaternion, position = pose(number)
    pixels = camera.project(turned(quaternion, TANGO) + position)
    mask_hw = np.zeros((camera.height, camera.width), np.uint8)
    cv2.fillConvexPoly(mask_hw, cv2.convexHull(np.float32(pixels)).round().astype(int), 255)
    return mask_hw


def write_picture(path: Path, image: np.ndarray) -> None:
    """A picture of the kind that its name says, folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def write_json(path: Path, content: object) -> None:
    """A JSON file, folders made; not-a-number is written as Python does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def camera_json(camera: Camera) -> dict:
    """What SPEED+'s camera.json says of a camera."""
    return {
        "Nu": camera.width,
        "Nv": camera.height,
        "cameraMatrix": camera.matrix.tolist(),
        "distCoeffs": list(camera.distortion),
    }


def speed_plus(folder: Path, counts: dict = COUNTS, masks: bool = True, camera: Camera = CAMERA) -> Path:
    """A set in SPEED+'s layout; images are numbered through, within a domain from 1 on."""
    write_json(folder / "camera.json", camera_json(camera))
    number, of_domain = 0, dict.fromkeys((domain for domain, _ in counts), 0)
    for (domain, table), count in counts.items():
        rows = []
        for _ in range(count):
            number, of_domain[domain] = number + 1, of_domain[domain] + 1
            name = f"img{of_domain[domain]:06}"
            mask_hw = silhouette(number, camera)
            image_hw = mask_hw // 2
            image_hw[:8, :8] = number
            write_picture(folder / domain / "images" / f"{name}.jpg", image_hw)
            if masks:
                write_picture(folder / domain / "masks" / f"{name}.png", mask_hw)
            rows.append(label(f"{name}.jpg", number))
        write_json(folder / domain / f"{table}.json", rows)
    return folder


def speed(folder: Path) -> Path:
    """A set in SPEED's layout: without camera.json, and with other names for the same numbers."""
    number = 0
    for stem, ending, count in (("train", "", 3), ("test", "", 2), ("real", "real", 2), ("real_test", "real", 1)):
        rows = []
        for _ in range(count):
            number += 1
            row = label(f"img{number:06}{ending}.jpg", number)
            write_picture(folder / "images" / stem / row["filename"], silhouette(number) // 2 + number)
            rows.append({key.removesuffix("_true"): value for key, value in row.items()})
        write_json(folder / f"{stem}.json", rows if "test" not in stem else [{"filename": r["filename"]} for r in rows])
    return folder


def spark(folder: Path) -> Path:
    """A set in the layout of SPARK 2022's Stream 2."""
    number = 0
    parts = {"train": "train", "val": "val", "test_synthetic": "sample_submission_synthetic"}
    for part, table in parts.items():
        rows = [["filename", "sequence", "Tx", "Ty", "Tz", "Qx", "Qy", "Qz", "Qw"]]
        for _ in range(2):
            number += 1
            quaternion, position = pose(number)
            name = f"img{number:03}_GT001.jpg"
            write_picture(folder / part / "images" / "GT001" / name, np.full((108, 144, 3), number, np.uint8))
            rows.append([name, "GT001", *position, *quaternion[1:], quaternion[0]])
        with (folder / part / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    return folder
