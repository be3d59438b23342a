"""Verb `simulate`: render a labelled set in the SPARK 2024 layout, for when the real one is not there."""

import csv
import functools
import io
import time
from pathlib import Path

from pipeline.errors import UserError, offenders
from pipeline.files import read_json, write_json, written_aside
from pipeline.processes import cores, spread
from pipeline.progress import progress
from pipeline.scenes.layout import COLUMNS, Shot, is_made, save, shots, stored_box
from pipeline.scenes.render import photograph

SETTINGS = "simulate.json"
LEAST_SIZE = 64  # pixels; below it the smallest craft are a few pixels


def simulate(
    out: Path,
    count: int = 1400,
    size: int = 1024,
    seed: int = 0,
    val: int | None = None,
    test: int | None = None,
) -> None:
    """Render images of ten spacecraft with their masks and boxes, as the SPARK 2024 set is laid out.

    The same command gives the same bytes, on any number of processor cores. Killed anywhere and started again, it
    goes on.

    Args:
        out: folder of the set; made if it is not there
        count: labelled images in all, train and val together
        size: side of the square images, pixels
        seed: of everything random; other seeds give other images
        val: how many of the labelled images go to val; a seventh if not given
        test: images without labels, beside the labelled ones; a tenth of count if not given

    Raises:
        UserError: impossible numbers, a folder with something else in it, or a full disk.

    Example:
        ./run.sh simulate --out data/sim --count 1400 --seed 0
    """
    settings = _settings(count, size, seed, val, test)
    _generate(Path(out), settings, cores())


def _settings(count: int, size: int, seed: int, val: int | None, test: int | None) -> dict[str, int]:
    """The settings with defaults filled in, checked."""
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
    if size < LEAST_SIZE:
        wrong.append(f"--size {size}: expected {LEAST_SIZE} pixels or more")
    if seed < 0:
        wrong.append(f"--seed {seed}: expected 0 or more")
    if settings["test"] < 0:
        wrong.append(f"--test {test}: expected 0 or more images")
    if wrong:
        raise UserError("simulate cannot work with these numbers:\n" + offenders(wrong))
    return settings


def _generate(out: Path, settings: dict[str, int], processes: int) -> None:
    """Make what is missing in `out`, then write the CSVs."""
    began = time.monotonic()
    _claim(out, settings)
    train = settings["count"] - settings["val"]
    plan = shots(settings["seed"], train, settings["val"], settings["test"])
    missing = [shot for shot in plan if not is_made(out, shot)]
    tables = [out / f"{split}.csv" for split in ("train", "val")]
    if not missing and all(table.exists() for table in tables):
        print(f"{out} is finished: {len(plan)} images ({_numbers(settings)}). Nothing to do.")
        return
    for aside in out.rglob(".*.part.*"):  # left by a killed run
        aside.unlink()
    make = functools.partial(_make, out, settings)
    boxes = dict(progress(spread(make, plan, processes, chunk=4), len(plan), "simulate"))
    for table in tables:
        _write_table(table, [shot.row(box) for shot, box in boxes.items() if shot.split == table.stem])
    seconds = time.monotonic() - began
    rate = f"{len(missing)} images in {seconds:.0f} s, {len(missing) / max(seconds, 1e-9):.1f} img/s"
    print(f"{out}: {_numbers(settings)}; rendered {rate}. Next: ./run.sh index --data {out}")


def _numbers(settings: dict[str, int]) -> str:
    return f"train {settings['count'] - settings['val']}, val {settings['val']}, test {settings['test']}"


def _claim(out: Path, settings: dict[str, int]) -> None:
    """Put the settings into a new folder, or see that those in an old one are the same."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; expected a folder, new or empty. Choose another with --out.")
    there = read_json(out / SETTINGS)
    if not there and out.is_dir() and any(path.name != SETTINGS for path in out.iterdir()):
        raise UserError(f"{out} holds files that simulate did not make. Choose another folder with --out.")
    differ = [
        f"{name} {there.get(name)} there, {value} asked" for name, value in settings.items() if there.get(name) != value
    ]
    if there and differ:
        raise UserError(
            f"{out} holds a set with other settings ({'; '.join(differ)}). Choose another folder with --out."
        )
    if not there:
        write_json(out / SETTINGS, settings)


def _make(out: Path, settings: dict[str, int], shot: Shot) -> tuple[Shot, str]:
    """Render and write one image unless it stands; its box as text, empty on the test split."""
    if not is_made(out, shot):
        save(out, shot, photograph(settings["seed"], shot.split, shot.index, settings["size"]))
    return shot, "" if shot.mask is None else stored_box(out / shot.mask)


def _write_table(path: Path, rows: list[tuple[str, ...]]) -> None:
    """Write a CSV whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    with written_aside(path) as aside:
        aside.write_text(text.getvalue())
