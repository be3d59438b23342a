"""How fast a zip is judged, against an honest straightforward way in the same run."""

import tempfile
import time
import zipfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import numpy as np
import pandas as pd
from PIL import Image

from pipeline.errors import UserError
from pipeline.judging.judged import Judged
from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask
from pipeline.masks.columns import BOX, PARTS
from pipeline.progress import progress, say
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.render import first_hits
from pipeline.scenes.scene import draw
from pipeline.scenes.spark_layout import encode_mask
from pipeline.scenes.studio import Studio
from pipeline.tracks import DEFAULT, track_named

DISTINCT = 200  # masks drawn; larger sets repeat them
COMPUTE = {"gmac": 1.0, "mparams": 1.0, "compute": "made up"}


def bench_score(track: str = DEFAULT, count: int = 20000, dense: int = 300) -> dict[str, float]:
    """Time the scoring of a zip of made-up answers, from opening the zip to score.json's content.

    The straightforward way, for each image, opens the true mask, a JPEG, with Pillow, decodes the answer (an RLE, or an
    npz) to pixels and compares pixels. It gets some of the images, and must find the same IoU.

    Args:
        track: whose zip
        count: images in the zip
        dense: images for the straightforward way, at most count

    Raises:
        UserError: no images, or a track whose answers cannot be read in a plain way

    Example:
        ./run.sh bench score --count 20000

    Returns:
        seconds, seconds_an_image, dense_seconds_an_image, times_faster, peak_mb (of the largest process).
    """
    if min(count, dense) < 1:
        raise UserError(f"--count {count} --dense {dense}: expected 1 image or more.")
    form, dense = track_named(track), min(dense, count)
    if form.plainly is None:
        raise UserError(f"there is no bench for track {track}.")
    with tempfile.TemporaryDirectory() as folder:
        truth, given = _made_up(Path(folder), form.size_hw[0], count)
        path = Path(folder) / form.upload.name
        form.upload.write(path, given, COMPUTE)
        began = time.monotonic()
        judged = Judged.of(form, path, truth, form.judge.Rules(), COMPUTE)
        content = judged.content()
        seconds = time.monotonic() - began
        peak_mb = max(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) / 1024
        began = time.monotonic()
        with zipfile.ZipFile(path) as archive:
            pairs = zip(truth[:dense].itertuples(), judged.given[:dense].itertuples(), strict=True)
            ious = [_dense_iou(Path(folder) / row.file, *form.plainly(archive, answer)) for row, answer in pairs]
        dense_seconds = (time.monotonic() - began) / dense
    ours = np.column_stack([_iou(judged.images, part) for part in PARTS])[:dense]
    np.testing.assert_allclose(ours, np.array(ious), rtol=0, atol=1e-12, err_msg="the two ways differ in an IoU")
    found = {
        "seconds": seconds,
        "seconds_an_image": seconds / count,
        "dense_seconds_an_image": dense_seconds,
        "times_faster": dense_seconds / (seconds / count),
        "peak_mb": peak_mb,
    }
    headline = f"{form.judge.headline} {content[form.judge.headline]:.4f}"
    say(f"{track}: {count} images scored in {seconds:.1f} s, peak {peak_mb:.0f} MB; {headline}")
    say(f"ours {1000 * seconds / count:.2f} ms an image, straightforward {1000 * dense_seconds:.2f} ms on {dense}")
    say(f"{found['times_faster']:.1f} times faster, the same IoU")
    return found


def _made_up(folder: Path, side: int, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Index rows and answers: masks of simulated craft, and the same a few pixels off; true masks as JPEG files."""
    studio = Studio(0, side)
    rows = []
    for index in progress(range(min(DISTINCT, count)), min(DISTINCT, count), "masks"):
        craft = studio.craft_of("train", index)
        scene = draw(studio.domain, (0, "train", index), len(CLASSES), studio.mesh(craft), side)
        labels_hw, _, _ = first_hits(scene, studio.mesh(craft))
        if not labels_hw.any():
            labels_hw[:50, :50] = 1
        (folder / f"{index}.jpg").write_bytes(encode_mask(labels_hw))
        moved_hw = np.roll(labels_hw, (index % 7 - 3, index % 5 - 2), (0, 1))
        rows.append((CLASSES.index(craft), craft, _row(labels_hw), _row(moved_hw)))
    truth, given = [], []
    for i in range(count):
        number, craft, true, answered = rows[i % len(rows)]
        known = {"image_id": f"{craft}/{i:06d}_img.jpg", "class_index": number, "class_name": craft}
        size = {"height": side, "width": side, "file": f"{i % len(rows)}.jpg"}
        truth.append(known | size | true)
        given.append(known | size | answered | {"class_probs": [1.0], "body_score": 1.0, "panel_score": 1.0})
    return pd.DataFrame(truth), pd.DataFrame(given)


def _row(labels_hw: np.ndarray) -> dict:
    box = map(float, box_from_mask(labels_hw > 0))
    masks = {"body_rle": rle.encode(labels_hw == 1), "panel_rle": rle.encode(labels_hw == 2)}
    return dict(zip(BOX, box, strict=True)) | masks


def _iou(images: pd.DataFrame, part: str) -> np.ndarray:
    true, answered, both = (images[f"{part}_{of}"].to_numpy() for of in ("truth", "given", "both"))
    with np.errstate(invalid="ignore"):
        return both / (true + answered - both)


def _dense_iou(path: Path, body: np.ndarray, panel: np.ndarray) -> list[float]:
    """IoU of body and panel with a true mask's file, as one would write it down first."""
    with Image.open(path) as image:
        colours = np.asarray(image)
    red, blue = colours[..., 0], colours[..., 2]
    pairs = [((red > 127) & (red >= blue), body), ((blue > 127) & (blue > red), panel)]
    unions = [np.logical_or(*pair).sum() for pair in pairs]
    return [np.logical_and(*pair).sum() / union if union else np.nan for pair, union in zip(pairs, unions, strict=True)]
