"""report: a static page for a run, or one that lists all runs."""

import base64
import json
import time
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import cv2
import jinja2
import numpy as np
import pandas as pd
import yaml

from pipeline.dataset.images import read_pixels
from pipeline.dataset.index_table import BOX, rows_of
from pipeline.engine.trained import data_of
from pipeline.errors import UserError
from pipeline.files import read_json, written_aside
from pipeline.index import ensure_index
from pipeline.masks.draw import errors, overlay, sheet, window
from pipeline.metrics import tables
from pipeline.progress import say
from pipeline.run_folder import SUBMISSIONS, Answers, find_run
from pipeline.score import score
from pipeline.tracks import TRACKS
from pipeline.tracks.spark2026 import CLASSES

SIDE = 250  # of a picture, pixels
FRAME_RGB = (255, 0, 255)
TRACK = TRACKS["spark2026"]


def report(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: Literal["none", "hflip", "flips", "d4"] | None = None,
) -> Path:
    """Write one static page: score card, curves, confusion, figures by class and size, worst and best images.

    Scores the run's zip, by the assumed rules. Without a run, the page lists all scored runs. Nothing is
    loaded from a network.

    Args:
        run: name of a trained run; default: a list of all runs
        data: folder of the data set; default: the one the run was trained on
        split: which images; they need labels
        tta: views averaged; default: those of the run's newest predictions, else none

    Example:
        ./run.sh report lite0

    Returns:
        The page.
    """
    if run is None:
        return _list_runs()
    chosen = find_run(run)
    folder = data_of(chosen, data)
    content = score(run, data=folder, split=split, tta=tta)
    place = chosen.answers(folder, split, tta or chosen.tta_used(folder, split) or "none")
    truth = rows_of(ensure_index(folder), (split,)).set_index("image_id")
    given = pd.read_parquet(place.folder / "predictions.parquet").set_index("image_id")

    def pictures(rows: list[dict]) -> list[dict]:
        return [_picture(folder, truth.loc[row["image_id"]], given.loc[row["image_id"]], row) for row in rows]

    page = _filled(
        "report.html",
        run=run,
        split=split,
        data=folder,
        tta=place.tta,
        content=content,
        meanings=TRACK.judge.WORDS,
        headline=TRACK.judge.HEADLINE,
        accuracy=TRACK.judge.ACCURACY,
        classes=CLASSES,
        compute={
            "multiply-accumulates, one image, one view": f"{content['gmac']:.3f} G",
            "parameters": f"{content['mparams']:.3f} M",
            "source": content["compute"],
        },
        curves=_embedded(chosen.curves.read_bytes(), "png") if chosen.curves.exists() else None,
        groups={"By class": content["by_class"], "By size of the craft (longest side of its box)": content["by_size"]},
        galleries={"Worst images": pictures(content["worst"]), "Best images": pictures(content["best"])},
        manifest=_manifest(chosen.folder, place),
    )
    return _write(place.folder / "report.html", page)


def _list_runs() -> Path:
    """The page of all score.json files below submissions."""
    rows = []
    for path in SUBMISSIONS.glob("*/*/score.json"):
        content, run = read_json(path), path.parts[-3]
        config = SUBMISSIONS / run / "config.yaml"
        rows.append(
            {
                "run": run,
                "link": quote(f"./{run}/{path.parts[-2]}/report.html")
                if path.with_name("report.html").exists()
                else None,
                "recipe": yaml.safe_load(config.read_text()).get("recipe", "") if config.exists() else "",
                "images": path.parts[-2].rpartition("-")[0],
                "tta": Answers(path.parent).tta,
                "score": content.get(TRACK.judge.HEADLINE),
                "interval": (content.get("intervals") or {}).get(TRACK.judge.HEADLINE),
                "rules": tables.changed(content.get("rules") or {}),
                "gmac": content.get("gmac"),
                "mparams": content.get("mparams"),
                "date": time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime)),
            }
        )
    if not rows:
        raise UserError(f"no scored run in {SUBMISSIONS.absolute()}: run `./run.sh score` first.")
    rows.sort(key=lambda row: (row["images"], row["rules"], -(row["score"] or 0)))
    return _write(SUBMISSIONS / "report.html", _filled("runs.html", rows=rows, folder=SUBMISSIONS))


def _filled(template: str, **values: object) -> str:
    room = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    room.filters |= {"figure": tables.number, "limits": tables.limits}
    return room.get_template(template).render(values)


def _write(path: Path, page: str) -> Path:
    with written_aside(path) as aside:
        aside.write_text(page)
    say(f"report: {path}, {len(page) / 1e6:.1f} MB")
    return path


def _embedded(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _picture(folder: Path, truth: pd.Series, given: pd.Series, row: dict) -> dict:
    """The image with the craft's surroundings framed; those with truth, with the answer, and its error; a line."""
    height, width = int(truth["height"]), int(truth["width"])
    image_hwc = read_pixels(folder / truth["image_path"])
    if image_hwc is None:
        image_hwc = np.zeros((height, width, 3), np.uint8)
    boxes = [tuple(of[BOX].astype(float)) for of in (truth, given)]
    masks = [(of["body_rle"], of["panel_rle"]) for of in (truth, given)]
    left, top, side = window(boxes, height, width)
    framed = cv2.rectangle(image_hwc.copy(), (left, top), (left + side - 1, top + side - 1), FRAME_RGB, 3)
    near = [overlay(image_hwc, *parts, box) for parts, box in zip(masks, boxes, strict=True)]
    near.append(errors(*masks, height, width))
    content = sheet([[framed, *(cell[top : top + side, left : left + side] for cell in near)]], SIDE)
    jpeg = cv2.imencode(".jpg", content[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    words = f"{row['image_id']}: {tables.number(row['score'])}; {truth['class_name']}, answered {given['class_name']}"
    return {"source": _embedded(jpeg, "jpeg"), "words": words}


def _manifest(run: Path, place: Answers) -> str:
    """What the run and its answers were made of, as text."""
    stages = read_json(run / "manifest.json") | read_json(place.folder / "manifest.json")
    return json.dumps(stages, indent=2)
