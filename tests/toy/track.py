"""A whole competition: 48 px images, one number each, a mean absolute error to be made small, a CSV to upload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import nn

from pipeline.contracts import Judge, Reader, Task, Track, Upload
from pipeline.dataset.integrity import checked, content_hash
from pipeline.judging.means import mean_of
from pipeline.masks.draw import with_words
from pipeline.settings import Config
from pipeline.tracks.findings import Findings

NUMBER = pa.field("number", pa.float64())
CHECK = "the CSV has every image once, and no other"


class Item(NamedTuple):
    """One image, with its number where it has one."""

    image_id: str
    split: str
    image_path: str
    number: float = np.nan
    problems: tuple = ()


def items(folder: Path) -> list[Item]:
    known = {path.stem: pd.read_csv(path).itertuples(index=False) for path in READER.tables(folder)}
    labelled = [Item(name, split, f"images/{name}", number) for split, rows in known.items() for name, number in rows]
    return labelled + [Item(file.name, "test", f"test/{file.name}") for file in sorted((folder / "test").iterdir())]


def check(folder: Path, item: Item) -> dict:
    problems: list = []
    picture, rgb_hwc = checked(folder, Path(item.image_path), "image", problems)
    height, width = (0, 0) if rgb_hwc is None else rgb_hwc.shape[:2]
    found = {"content_hash": content_hash(picture), "height": height, "width": width}
    return found | {"problems": problems, "unread": picture.unread}


READER = Reader(
    items=items,
    files=lambda item: (item.image_path,),
    check=check,
    tables=lambda folder: [folder / "train.csv", folder / "val.csv"],
    usable=lambda rows: rows["number"].notna().to_numpy(),
    labelled=lambda rows: rows["number"].notna().to_numpy(),
    truth=(NUMBER,),
)


@dataclass
class Model:
    size: int = 48


@dataclass
class ToyConfig(Config):
    model: Model = field(default_factory=Model)


class Net(nn.Module):
    wants_batch = True

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.encoder, self.head = size, nn.Conv2d(3, 4, 3, 2), nn.Linear(4, 1)

    def forward(self, image_bchw: torch.Tensor, batch: Mapping | None = None) -> dict[str, torch.Tensor]:
        assert self.training == (batch is not None and "number" in batch)
        return {"number": self.head(self.encoder(image_bchw).mean((2, 3)))[:, 0]}

    def encoder_parameters(self) -> list[nn.Parameter]:
        return list(self.encoder.parameters())

    def example_input(self) -> torch.Tensor:
        return torch.zeros(1, 3, self.size, self.size)


class Loss(nn.Module):
    def forward(self, outputs: Mapping, batch: Mapping) -> tuple[torch.Tensor, dict]:
        absolute = (outputs["number"] - batch["number"].float()).abs().mean()
        return absolute, {"l1": absolute}


class Number(Task):
    Config, columns, legend = ToyConfig, (NUMBER,), "The image with its number."

    def network(self, config, load_weights=True):
        return Net(config.model.size).eval()

    def labels(self, rows):
        return {"number": rows["number"].to_numpy()}

    def loss(self, config):
        return Loss()

    def answer(self, outputs, asked):
        return {"number": float(outputs["number"]), "height": asked.height, "width": asked.width, "fallback": False}

    def draw(self, image_hwc, row):
        return with_words(image_hwc, f"{row['number']:.2f}")

    def compare(self, image_hwc, truth, given):
        return self.draw(image_hwc, truth), f"{truth['number']:.2f}, answered {given['number']:.2f}"


def per_image(truth: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    answered = given.set_index("image_id").loc[truth["image_id"], "number"].to_numpy()
    return pd.DataFrame({"image_id": truth["image_id"], "off": np.abs(truth["number"].to_numpy() - answered)})


def examine(path: Path, images: pd.DataFrame) -> tuple[Findings, pd.DataFrame, dict]:
    findings, rows = Findings((CHECK,)), pd.read_csv(path)
    all_there = sorted(rows["image_id"]) == sorted(images["image_id"])
    findings[CHECK] = [] if all_there else [f"{sorted(rows['image_id'])}, expected {sorted(images['image_id'])}"]
    return findings, rows, {}


TRACK = Track(
    name=__name__,
    task=Number(),
    reader=READER,
    size_hw=(48, 48),
    no_views="a mirrored image has another number",
    judge=Judge(
        per_image=per_image,
        means=lambda images, rules: {"error": mean_of(images["off"].fillna(0), images["off"].notna())},
        combine=lambda means, compute, rules: {"error": means["error"]},
        words={"error": "mean absolute difference"},
        made_of={"error": ("error",)},
        accuracy=("error",),
        ranked="error",
        headline="error",
    ),
    selects=("error", "min"),
    upload=Upload(
        name="answers.csv",
        write=lambda path, answers, compute: answers.to_csv(path, columns=["image_id", "number"], index=False),
        examine=examine,
    ),
)
