"""report: a static page for a run, or one that lists all runs."""

import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import cv2
import numpy as np
import pandas as pd

from pipeline.contracts import Task, Track
from pipeline.dataset.index_table import read_index, rows_hash, rows_of, sized
from pipeline.dataset.pixels import read_picture
from pipeline.dataset.prediction_table import read_predictions
from pipeline.errors import UserError, reason
from pipeline.files import file_hash, read_json
from pipeline.judging import tables
from pipeline.judging.pages import embedded, filled, write_page
from pipeline.judging.scatter import drawn_against
from pipeline.run_folder import SUBMISSIONS, Answers, Run, manifest_of
from pipeline.stages.indexed import is_current
from pipeline.stages.trained import Trained
from pipeline.tracks import DEFAULT, track_named
from pipeline.verbs.score import score
from pipeline.yaml_files import read_yaml


def report(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: str | None = None,
) -> Path:
    """Write one static page: score card, curves, confusion, figures by class and size, worst and best images.

    Scores the run's zip, by the assumed rules. Without a run, the page lists all scored runs. Nothing is
    loaded from a network.

    Args:
        run: name of a trained run; default: a list of all runs
        data: folder of the data set; default: the one the run was trained on
        split: which images; they need labels
        tta: views averaged; default: those last asked for, else none

    Raises:
        UserError: there is no such run, no scored run for a list, or what `score` raises

    Example:
        ./run.sh report two_looks

    Returns:
        The page.
    """
    if run is None:
        return _list_runs()
    chosen = Trained.named(run)
    folder = chosen.data(data)
    views = chosen.views(folder, split, tta)
    content = score(run, data=folder, split=split, tta=views)
    track, place = chosen.track, chosen.run.answers(folder, split, views)
    truth = _truth(folder, track, split).set_index("image_id")
    given = read_predictions(place.predictions, "Predict again with --overwrite.").set_index("image_id")

    def pictures(rows: list[dict]) -> list[dict]:
        return [
            _picture(folder, track.task, truth.loc[row["image_id"]], given.loc[row["image_id"]], row) for row in rows
        ]

    page = filled(
        "report.html",
        run=run,
        split=split,
        data=folder,
        tta=place.tta,
        content=content,
        meanings=track.judge.words,
        headline=track.judge.headline,
        accuracy=track.judge.accuracy,
        classes=track.classes,
        legend=track.task.legend,
        compute={
            "multiply-accumulates, one image, one view": f"{content['gmac']:.3f} G",
            "parameters": f"{content['mparams']:.3f} M",
            "source": content["compute"],
        },
        curves=embedded(chosen.run.curves.read_bytes(), "png") if chosen.run.curves.exists() else None,
        against=_against(track, truth.reset_index(), given.reset_index()),
        groups={title: content[key] for key, (title, _) in track.judge.groups.items()},
        galleries={"Worst images": pictures(content["worst"]), "Best images": pictures(content["best"])},
        manifest=_manifest(chosen.run.folder, place),
    )
    return write_page(place.folder / "report.html", page)


def _list_runs() -> Path:
    """The page of all score.json files below submissions."""
    rows = []
    current = functools.cache(is_current)
    for path in sorted(SUBMISSIONS.glob("*/*/score.json")):
        content, run = read_json(path), Run(path.parents[1])
        track = track_named(content.get("track", DEFAULT))
        rows.append(
            {
                "run": run.name,
                "link": quote(f"./{run.name}/{path.parent.name}/report.html")
                if path.with_name("report.html").exists()
                else None,
                "recipe": read_yaml(run.config).get("recipe", "") if run.config.exists() else "",
                "images": f"{Path(content['data']).name}-{content['split']}",
                "tta": manifest_of(path.parent, "predict").get("tta", ""),
                "track": track.name,
                "score": content.get(track.judge.headline),
                "behind": (content.get(track.judge.headline) or 0) * (-1 if track.selects[1] == "max" else 1),
                "interval": (content.get("intervals") or {}).get(track.judge.headline),
                "rules": tables.changed(content.get("rules") or {}),
                "gmac": content.get("gmac"),
                "mparams": content.get("mparams"),
                "state": _since(run, path.parent, track, content, current),
                "date": time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime)),
            }
        )
    if not rows:
        raise UserError(f"no scored run in {SUBMISSIONS.absolute()}: run `./run.sh score` first.")
    rows.sort(key=lambda row: (row["track"], row["images"], row["rules"], row["behind"]))
    return write_page(SUBMISSIONS / "report.html", filled("runs.html", rows=rows, folder=SUBMISSIONS))


def _since(run: Run, place: Path, track: Track, content: dict, current: Callable) -> str:
    """What has changed since the score in a folder was made, in words; empty where nothing has."""
    made, folder, split = manifest_of(place, "score"), Path(content["data"]), content["split"]
    changed = []
    try:
        if not folder.is_dir() or not current(folder, track):
            changed.append("data set")
        elif rows_hash(_truth(folder, track, split)) != made.get("truth_hash"):
            changed.append("labels")
        zip = place / track.upload.name
        if not zip.exists() or file_hash(zip) != made.get("zip_hash"):
            changed.append("zip")
        if not run.best.exists() or file_hash(run.best) != manifest_of(place, "predict").get("weights_hash"):
            changed.append("weights")
    except UserError as error:
        changed.append(reason(error))
    return f"changed since: {', '.join(changed)}" if changed else ""


def _truth(folder: Path, track: Track, split: str) -> pd.DataFrame:
    """What a score of a split was judged by."""
    return sized(rows_of(read_index(folder, track.reader.truth), (split,)), track.size_hw)


def _picture(folder: Path, task: Task, truth: pd.Series, given: pd.Series, row: dict) -> dict:
    """Truth, answer and error as a JPEG, and a line."""
    height, width = int(truth["height"]), int(truth["width"])
    image_hwc = read_picture(folder / truth["image_path"]).rgb_hwc
    if image_hwc is None or image_hwc.shape[:2] != (height, width):
        image_hwc = np.zeros((height, width, 3), np.uint8)
    content, words = task.compare(image_hwc, truth, given)
    jpeg = cv2.imencode(".jpg", content[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    said = f"{row['image_id']}: {tables.number(row['score'])}; {words}"
    return {"source": embedded(jpeg, "jpeg"), "words": said}


def _against(track: Track, truth: pd.DataFrame, given: pd.DataFrame) -> str | None:
    content = drawn_against(track, truth, given)
    return content and embedded(content, "png")


def _manifest(run: Path, place: Answers) -> str:
    """What the run and its answers were made of, as text."""
    stages = read_json(run / "manifest.json") | read_json(place.folder / "manifest.json")
    return json.dumps(stages, indent=2)
