"""Verb `simulate`: render a labelled set in the SPARK 2024 layout, for when the real one is not there."""

import csv
import functools
import io
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.errors import UserError, command, offenders
from pipeline.files import drop_leftovers, files_hash, read_json, write_json, write_text
from pipeline.locks import alone_in
from pipeline.processes import cores, spread
from pipeline.progress import progress
from pipeline.run_folder import DATA
from pipeline.scenes.labels import label, write_labels
from pipeline.scenes.layout import COLUMNS, Shot, is_made, save, shots, stored_box
from pipeline.scenes.preview import draw_previews
from pipeline.scenes.render import look, photograph
from pipeline.scenes.statistics import figures, sums, table
from pipeline.scenes.studio import Studio
from pipeline.scenes.user_meshes import fingerprint

SETTINGS = "simulate.json"
LABELS = "labels.parquet"
LEAST_SIZE = 64  # pixels; below it the smallest craft are a few pixels
MOST_SIZE = 4096  # pixels; above it an image takes gigabytes of memory


def simulate(
    out: Path | None = None,
    count: int = 1400,
    size: int = 1024,
    seed: int = 0,
    val: int | None = None,
    test: int | None = None,
    domain: Literal["default", "shifted"] = "default",
    meshes: Path | None = None,
    preview: bool = False,
    check: bool = False,
) -> None:
    """Render images of ten spacecraft with masks, boxes, poses and key points, as the SPARK 2024 set is laid out.

    The same command gives the same bytes, on any number of processor cores. Killed anywhere, the same
    command resumes.

    Args:
        out: folder of the set, made if it is not there; data/sim, or data/sim-shifted for that domain, if not given
        count: labelled images in all, train and val together
        size: side of the square images, pixels
        seed: of everything random; other seeds give other images
        val: how many of the labelled images go to val; a seventh if not given
        test: images without masks and boxes, beside the labelled ones; a tenth of count if not given
        domain: default (calibrated to the published statistics), or shifted: harder light, noise and backgrounds, to
            measure how a model holds up; choose nothing on it
        meshes: folder of your own craft, a folder a class with glTF, OBJ or STL files, instead of the ten built-in ones
        preview: draw contact sheets of 40 images, plain and with masks and boxes
        check: compare the set's pixels with the published statistics; exit code 2 where the default domain's ten craft
            are out of bounds

    Raises:
        UserError: impossible numbers, meshes without parts, a folder with something else in it, or a full disk.

    Example:
        ./run.sh simulate --count 400 --preview
    """
    settings = _settings(count, size, seed, val, test)
    studio = Studio(seed, size, domain)
    folder = Path(out) if out else DATA / ("sim" if domain == "default" else f"sim-{domain}")
    if meshes:
        if folder.resolve().is_relative_to(Path(meshes).resolve()):
            raise UserError(f"{folder} lies inside the meshes' folder {meshes}. Choose another with --out.")
        studio = replace(studio, meshes=str(meshes), fingerprint=fingerprint(meshes))
        for index in range(len(studio.classes)):
            look(studio, "train", index)  # so that bad meshes are told before anything is written
    settings |= {"domain": domain, "meshes": studio.fingerprint, "simulator": _version()}
    plan = _generate(folder, studio, settings, cores())
    labelled = [shot for shot in plan if shot.mask is not None]
    if preview:
        for path in draw_previews(folder, labelled):
            print(f"contact sheet: {path}")
    if check:
        _check(folder, labelled, studio, cores())


def _settings(count: int, size: int, seed: int, val: int | None, test: int | None) -> dict[str, int]:
    """The numbers with defaults filled in, checked."""
    settings = {
        "count": count,
        "size": size,
        "seed": seed,
        "val": max(count, 0) // 7 if val is None else val,
        "test": max(count, 0) // 10 if test is None else test,
    }
    wrong = []
    if count < 1:
        wrong.append(f"--count {count}: expected 1 or more labelled images")
    elif not 0 <= settings["val"] <= count:
        wrong.append(f"--val {val}: expected 0 to --count ({count}), for val is a part of it")
    if not LEAST_SIZE <= size <= MOST_SIZE:
        wrong.append(f"--size {size}: expected {LEAST_SIZE} to {MOST_SIZE} pixels")
    if seed < 0:
        wrong.append(f"--seed {seed}: expected 0 or more")
    if settings["test"] < 0:
        wrong.append(f"--test {test}: expected 0 or more images")
    if wrong:
        raise UserError("simulate cannot work with these numbers:\n" + offenders(wrong))
    return settings


def _generate(out: Path, studio: Studio, settings: dict, processes: int) -> list[Shot]:
    """Make what is missing in `out`, alone in it; all shots of the set."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; expected a folder, new or empty. Choose another with --out.")
    with alone_in(out, "simulate"):
        _claim(out, settings)
        return _made(out, studio, settings, processes)


def _made(out: Path, studio: Studio, settings: dict, processes: int) -> list[Shot]:
    """The images that are missing, then the tables; all shots."""
    began = time.monotonic()
    train = settings["count"] - settings["val"]
    plan = shots(studio, train, settings["val"], settings["test"])
    missing = [shot for shot in plan if not is_made(out, shot)]
    tables = [out / f"{split}.csv" for split in ("train", "val")]
    if not missing and _tables_stand(out, settings):
        print(f"{out} is finished: {len(plan)} images ({_numbers(settings)}). Nothing to do.")
        return plan
    make = functools.partial(_make, out, studio)
    rows = list(progress(spread(make, plan, processes, chunk=4), len(plan), "simulate"))
    write_labels(out / LABELS, [row for _, row in rows])
    for path in tables:
        pairs = zip(plan, rows, strict=True)
        _write_table(path, [shot.row(box) for shot, (box, _) in pairs if shot.split == path.stem])
    seconds = time.monotonic() - began
    rate = f"{len(missing)} images in {seconds:.0f} s, {len(missing) / max(seconds, 1e-9):.1f} img/s"
    print(f"{out}: {_numbers(settings)}; rendered {rate}. Next: {command('index', '--data', out)}")
    return plan


def _version() -> str:
    """12 hex digits of the simulator's code: other code may draw other images from the same seed."""
    sources = sorted((Path(__file__).parent / "scenes").rglob("*.py"))
    return files_hash(sources)


def _tables_stand(out: Path, settings: dict) -> bool:
    """Whether all tables are there, whole."""
    train = settings["count"] - settings["val"]
    try:
        rows = [len(pd.read_csv(out / f"{split}.csv")) for split in ("train", "val")]
        return [*rows, len(pd.read_parquet(out / LABELS))] == [
            train,
            settings["val"],
            settings["count"] + settings["test"],
        ]
    except (OSError, ValueError):  # not there, or not what they should be; pandas' and pyarrow's errors are of these
        return False


def _numbers(settings: dict) -> str:
    return f"train {settings['count'] - settings['val']}, val {settings['val']}, test {settings['test']}"


def _claim(out: Path, settings: dict) -> None:
    """Put the settings into a new folder, or see that those in an old one are the same."""
    drop_leftovers(out)
    there = read_json(out / SETTINGS)
    if not there and any(path.name != SETTINGS and not path.name.startswith(".") for path in out.iterdir()):
        raise UserError(f"{out} holds files that simulate did not make. Choose another folder with --out.")
    differ = [
        f"{name} {there.get(name)} there, {value} asked" for name, value in settings.items() if there.get(name) != value
    ]
    if there and differ:
        raise UserError(
            f"{out} holds a set with other settings ({'; '.join(differ)}). Delete it, or choose another folder with "
            "--out."
        )
    if not there:
        write_json(out / SETTINGS, settings)


def _make(out: Path, studio: Studio, shot: Shot) -> tuple[str, dict[str, object]]:
    """Render and write one image unless it stands; its box as text, empty on the test split, and its labels."""
    view = look(studio, shot.split, shot.index)
    if not is_made(out, shot):
        save(out, shot, photograph(view), view.labels)
    return "" if shot.mask is None else stored_box(out / shot.mask), label(shot, view)


def _write_table(path: Path, rows: list[tuple[str, ...]]) -> None:
    """Write a CSV whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    write_text(path, text.getvalue())


def _check(out: Path, labelled: list[Shot], studio: Studio, processes: int) -> None:
    """Print the set's statistics beside the published ones."""
    work = spread(functools.partial(sums, out), labelled, processes, chunk=8)
    total = np.sum(list(progress(work, len(labelled), "check")), axis=0)
    count = Counter(shot.craft for shot in labelled)
    lines, off = table(figures(total, [count[craft] for craft in studio.classes]))
    print(f"{len(labelled)} labelled images of {out} beside the published figures of SPARK 2026:\n{lines}")
    if off and studio.world == "default" and not studio.meshes:
        raise UserError(
            f"{out} is out of bounds in {', '.join(off)}. The bounds are meant for 400 or more images of the ten "
            "built-in craft; chance alone moves fewer."
        )
