"""The SPEED+ layout: one grey camera, images in a folder a domain, poses in JSON tables; masks beside them are ours.

As published: https://purl.stanford.edu/wv398fc4383. Files have numbers that go on from train to val to test.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from pipeline.dataset.mask_colours import BODY
from pipeline.scenes.camera import Camera
from pipeline.scenes.craft import TARGET
from pipeline.scenes.domain import POSE_DOMAINS
from pipeline.scenes.layout import Layout, Shot, read_rgb, write_file
from pipeline.scenes.studio import Studio

CAMERA = "camera.json"
FOCAL_M = 0.017513075965995915  # of SPEED+'s lens
FOLDERS = {"default": "synthetic", "shifted": "lightbox"}
TABLES = {
    ("synthetic", "train"): "train.json",
    ("synthetic", "val"): "validation.json",
    ("synthetic", "test"): "test.json",
    ("lightbox", "val"): "test.json",
}
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]


def shots(studio: Studio, train: int, val: int, test: int) -> list[Shot]:
    """All images of a set."""
    counts = {"train": train, "val": val, "test": test}
    splits = [(split, index) for split, count in counts.items() for index in range(count)]
    return [_shot(studio, split, index, number) for number, (split, index) in enumerate(splits, 1)]


def _shot(studio: Studio, split: str, index: int, number: int) -> Shot:
    folder, name = FOLDERS[studio.world], f"img{number:06d}"
    image, mask = Path(folder, "images", f"{name}.jpg"), Path(folder, "masks", f"{name}.png")
    table = Path(folder, TABLES[folder, split])
    craft, image_id = studio.craft_of(split, index), f"{folder}/{image.name}"
    return Shot(split, index, craft, image_id, image, None if split == "test" else mask, table)


def save(out: Path, shot: Shot, image: np.ndarray, labels: np.ndarray) -> None:
    """Write the mask, 255 where labels (S, S) uint8 are not 0, where the split has one, then the image (S, S) uint8.

    Raises:
        UserError: the disk is full or the folder may not be written.
    """
    if shot.mask is not None:
        write_file(out / shot.mask, cv2.imencode(".png", np.where(labels > 0, 255, 0).astype(np.uint8))[1].tobytes())
    write_file(out / shot.image, cv2.imencode(".jpg", image, QUALITY)[1].tobytes())


def stored_labels(path: Path) -> np.ndarray:
    """Labels (S, S) uint8 of a mask file, where all is body. Raises UserError where it is not whole."""
    return np.where(read_rgb(path)[..., 0] > 127, BODY, 0).astype(np.uint8)


def row(out: Path, shot: Shot, label: dict[str, object]) -> dict[str, object]:
    """What a table says of an image: on the test split its name alone."""
    named = {"filename": shot.image.name}
    if shot.split == "test":
        return named
    quaternion, translation_m = label["quaternion"].tolist(), label["translation_m"].tolist()
    return named | {"q_vbs2tango_true": quaternion, "r_Vo2To_vbs_true": translation_m}


def written(rows: list[dict[str, object]]) -> str:
    """The text of a table: a JSON list with a line an image."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f"[\n{lines}\n]\n"


def length(path: Path) -> int:
    """How many rows a table has."""
    return len(json.loads(path.read_text(encoding="utf-8")))


def beside(studio: Studio) -> dict[Path, str]:
    """camera.json: Nu x Nv pixels, their pitch and the focal length in metres, the matrix in pixels, no distortion."""
    camera = Camera(studio.size, studio.domain.fov_deg[0])
    pitch_m = FOCAL_M / camera.focal_px
    content = {
        **dict.fromkeys(("Nu", "Nv"), camera.size),
        **dict.fromkeys(("ppx", "ppy"), pitch_m),
        **dict.fromkeys(("fx", "fy"), FOCAL_M),
        **dict.fromkeys(("ccx", "ccy"), camera.size / 2),
        "cameraMatrix": camera.matrix.tolist(),
        "distCoeffs": [0.0] * 5,
    }
    return {Path(CAMERA): json.dumps(content) + "\n"}


LAYOUT = Layout(
    settings={"layout": "SPEED+"},
    folder="sim-pose",
    craft=(TARGET,),
    own_craft=False,
    domains=POSE_DOMAINS,
    judging=("shifted",),
    poses=True,
    published=False,
    shots=shots,
    save=save,
    row=row,
    written=written,
    length=length,
    labels=stored_labels,
    beside=beside,
)
