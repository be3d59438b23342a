"""Which tables of poses lie in a folder, and where the images that they name are.

SPEED+ and what `simulate` writes:
    camera.json   <domain>/images/<name>.jpg   <domain>/masks/<name>.png, where there are any, 255 where the craft is
    <domain>/train.json, validation.json or test.json, for any folders as domains
SPEED (2019):
    images/train, test, real, real_test   train.json, test.json, real.json, real_test.json
SPARK 2022 Stream 2, of Proba-2, as in participants' code (the organisers' description was not found):
    <part>/images/<sequence>/<name>   train/train.csv, val/val.csv, test_synthetic/sample_submission_synthetic.csv,
    test_real/sample_submission_real.csv   columns filename, sequence, Tx, Ty, Tz, Qx, Qy, Qz, Qw. Assumptions: metres;
    body to camera; one camera for all parts, without distortion; the poses of the sample submissions are none.
The last two were published without camera.json; where there is one, it counts.
"""

import os
from pathlib import Path
from typing import NamedTuple

from pipeline.dataset.folders import is_utf8
from pipeline.errors import UserError
from pipeline.poses.camera import SPARK_2022, SPEED, Camera
from pipeline.tracks.pose import SYNTHETIC
from pipeline.tracks.pose.labels import Pose, read_csv, read_json

CAMERA_FILE = "camera.json"
OF_DOMAIN = {"train.json": "train", "validation.json": "val", "test.json": ""}
OF_SPEED = {"train": "train", "test": "", "real": "", "real_test": ""}
OF_SPARK = {
    "train/train.csv": ("train", SYNTHETIC),
    "val/val.csv": ("val", SYNTHETIC),
    "test_synthetic/sample_submission_synthetic.csv": ("test", SYNTHETIC),
    "test_real/sample_submission_real.csv": ("test", "real"),
}


class Table(NamedTuple):
    """A table of poses.

    Attributes:
        path: below the set's folder
        split: of its images; empty: val where any has a pose, test where none has
        domain: of its images
        images: folder of them, below the set's
        masks: likewise; None: there are none
        tango: whether the craft is the one whose key points are known
        camera: of the images
    """

    path: str
    split: str
    domain: str
    images: str
    masks: str | None
    tango: bool
    camera: Camera

    def read(self, folder: Path) -> list[tuple[str, Pose]]:
        """File names below `images`, and poses. Raises UserError where it is no such table."""
        if self.path.endswith(".json"):
            return read_json(folder / self.path, self.path)
        return read_csv(folder / self.path, self.path, posed=self.split != "test")


def tables_of(folder: Path) -> list[Table]:
    """All tables of a folder, in a fixed order.

    Raises:
        UserError: camera.json is damaged, or missing where SPEED+ has it; or the folder cannot be read.
    """
    domains = [(place, name) for place in _folders(folder) for name in OF_DOMAIN if _there(place / name)]
    speed = [stem for stem in OF_SPEED if _there(folder / f"{stem}.json")]
    spark = [path for path in OF_SPARK if _there(folder / path)]
    found: list[Table] = []
    if domains:
        camera = Camera.read(folder / CAMERA_FILE)
        found += [_of_domain(place, name, camera) for place, name in domains]
    if speed:
        found += [_of_speed(stem, _camera(folder, SPEED)) for stem in speed]
    for path in spark:
        split, domain = OF_SPARK[path]
        images = f"{path.partition('/')[0]}/images"
        found.append(Table(path, split, domain, images, None, tango=False, camera=_camera(folder, SPARK_2022)))
    return found


def built_in(folder: Path) -> Camera | None:
    """The camera of a set of SPEED (2019) or SPARK 2022, which come without camera.json; None: it is neither."""
    if any(_there(folder / f"{stem}.json") and (folder / "images" / stem).is_dir() for stem in OF_SPEED):
        return SPEED
    return SPARK_2022 if any(_there(folder / path) for path in OF_SPARK) else None


def _camera(folder: Path, otherwise: Camera) -> Camera:
    return Camera.read(folder / CAMERA_FILE) if _there(folder / CAMERA_FILE) else otherwise


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if is_utf8(path.name) and os.path.isdir(path))  # noqa: PTH112
    except OSError as error:
        raise UserError(f"cannot read {folder.absolute()}: {error.strerror}.") from error


def _there(path: Path) -> bool:
    """Whether there is a file; a link that leads nowhere or what may not be looked at is: reading it says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _of_domain(place: Path, name: str, camera: Camera) -> Table:
    domain = place.name
    masks = f"{domain}/masks" if (place / "masks").is_dir() else None
    return Table(f"{domain}/{name}", OF_DOMAIN[name], domain, f"{domain}/images", masks, tango=True, camera=camera)


def _of_speed(stem: str, camera: Camera) -> Table:
    domain = "real" if stem.startswith("real") else SYNTHETIC
    return Table(f"{stem}.json", OF_SPEED[stem], domain, f"images/{stem}", None, tango=True, camera=camera)
