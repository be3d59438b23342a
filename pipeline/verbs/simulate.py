"""Verb `simulate`: render a labelled set in the layout of a track's, for when the real one is not there."""

import functools
import time
from collections import Counter
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
from pipeline.scenes.labels import LABELS, label, write_labels
from pipeline.scenes.layout import Layout, Shot, is_made, layout_of
from pipeline.scenes.preview import draw_previews
from pipeline.scenes.render import look, photograph
from pipeline.scenes.statistics import figures, sums, table
from pipeline.scenes.studio import Studio
from pipeline.scenes.user_meshes import fingerprint
from pipeline.sources import ROOT
from pipeline.tracks import DEFAULT

SETTINGS = "simulate.json"
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
    track: str = DEFAULT,
) -> None:
    """Render images of spacecraft with masks, boxes, poses and key points, laid out as the real set of a track is.

    Classes and parts are of ten craft in colour, as in SPARK 2024; a pose is of one craft in grey, as in SPEED+. The
    same command gives the same bytes, on any number of processor cores. Killed anywhere, the same command resumes.

    Args:
        out: folder of the set, made if it is not there; data/sim if not given, with the domain (sim-shifted) or the
            layout (sim-pose) in its name where they are others
        count: labelled images in all, train and val together
        size: side of the square images, pixels
        seed: of everything random; other seeds give other images
        val: how many of the labelled images go to val; a seventh if not given
        test: images without truth, beside the labelled ones; a tenth of count if not given
        domain: default (calibrated to the published statistics), or shifted: harder light, noise and backgrounds, to
            measure how a model holds up; choose nothing on it. Where the truth is a pose, all of it is val
        meshes: folder of your own craft, a folder a class with glTF, OBJ or STL files, instead of the ten built-in ones
        preview: draw contact sheets of 40 images, plain and with masks and boxes
        check: compare the set's pixels with the published statistics; exit code 2 where the default domain's ten craft
            are out of bounds
        track: the competition whose layout and craft the set has

    Raises:
        UserError: impossible numbers, options that the track's sets do not have, meshes without parts, a folder with
            something else in it, or a full disk.

    Example:
        ./run.sh simulate --count 400 --preview
    """
    layout = layout_of(track)
    settings = _settings(count, size, seed, val, test, domain in layout.judging)
    _refuse_others(layout, track, meshes, check)
    name = layout.folder if domain == "default" else f"{layout.folder}-{domain}"
    folder = Path(out) if out else DATA / name
    studio = _studio(layout, folder, settings, domain, meshes)
    settings |= {"domain": domain, "meshes": studio.fingerprint, "simulator": _version(), **layout.settings}
    plan = _generate(folder, layout, studio, settings, cores())
    choice = () if track == DEFAULT else ("--track", track)
    print(f"Next: {command('index', '--data', folder, *choice)}")
    labelled = [shot for shot in plan if shot.mask is not None]
    if preview:
        for path in draw_previews(folder, labelled, layout):
            print(f"contact sheet: {path}")
    if check:
        _check(folder, labelled, studio, cores())


def _refuse_others(layout: Layout, track: str, meshes: Path | None, check: bool) -> None:
    """Raise UserError for options that this layout's sets do not have."""
    wrong = []
    if meshes and not layout.own_craft:
        wrong.append(f"--meshes: the craft is {layout.craft[0]}, whose key points are given")
    if check and not layout.published:
        wrong.append("--check: nothing is published of the real set's pixels")
    if wrong:
        raise UserError(f"simulate cannot do this for track {track}; leave it out:\n{offenders(wrong)}")


def _studio(layout: Layout, folder: Path, settings: dict, domain: str, meshes: Path | None) -> Studio:
    """What the set is made with; of the user's meshes it is seen to that they can be drawn."""
    seed, size = settings["seed"], settings["size"]
    if not meshes:
        return Studio(seed, size, domain, built_in=layout.craft, domains=layout.domains)
    if folder.resolve().is_relative_to(Path(meshes).resolve()):
        raise UserError(f"{folder} lies inside the meshes' folder {meshes}. Choose another with --out.")
    studio = Studio(seed, size, domain, str(meshes), fingerprint(meshes), domains=layout.domains)
    for index in range(len(studio.classes)):
        look(studio, "train", index)  # so that bad meshes are told before anything is written
    return studio


def _settings(
    count: int, size: int, seed: int, val: int | None, test: int | None, for_judging: bool = False
) -> dict[str, int]:
    """The numbers with defaults filled in, checked; `for_judging`: all images must go to val."""
    most = max(count, 0)
    usual = {"val": most, "test": 0} if for_judging else {"val": most // 7, "test": most // 10}
    given = {name: value for name, value in (("val", val), ("test", test)) if value is not None}
    settings = {"count": count, "size": size, "seed": seed, **usual, **given}
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
    if for_judging and not wrong:
        wrong += [
            f"--{name} {value}: expected {usual[name]}, for every image of this domain is one of val"
            for name, value in given.items()
            if value != usual[name]
        ]
    if wrong:
        raise UserError("simulate cannot work with these numbers:\n" + offenders(wrong))
    return settings


def _generate(out: Path, layout: Layout, studio: Studio, settings: dict, processes: int) -> list[Shot]:
    """Make what is missing in `out`, alone in it; all shots of the set."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; expected a folder, new or empty. Choose another with --out.")
    with alone_in(out, "simulate"):
        _claim(out, settings)
        return _made(out, layout, studio, settings, processes)


def _made(out: Path, layout: Layout, studio: Studio, settings: dict, processes: int) -> list[Shot]:
    """The images that are missing, then the tables; all shots."""
    began = time.monotonic()
    train = settings["count"] - settings["val"]
    plan = layout.shots(studio, train, settings["val"], settings["test"])
    missing = [shot for shot in plan if not is_made(out, shot)]
    if not missing and _tables_stand(out, layout, studio, plan):
        print(f"{out} is finished: {len(plan)} images ({_numbers(settings)}). Nothing to do.")
        return plan
    make = functools.partial(_make, out, layout, studio)
    rows = list(progress(spread(make, plan, processes, chunk=4), len(plan), "simulate"))
    write_labels(out / LABELS, [label for _, label in rows])
    tables = {table: [] for table in layout.tables}
    for shot, (row, _) in zip(plan, rows, strict=True):
        if shot.table is not None:
            tables.setdefault(shot.table, []).append(row)
    for path, text in layout.beside(studio).items():
        write_text(out / path, text)
    for path, lines in tables.items():
        write_text(out / path, layout.written(lines))
    seconds = time.monotonic() - began
    rate = f"{len(missing)} images in {seconds:.0f} s, {len(missing) / max(seconds, 1e-9):.1f} img/s"
    print(f"{out}: {_numbers(settings)}; rendered {rate}.")
    return plan


def _version() -> str:
    """12 hex digits of the simulator's code: other code may draw other images from the same seed."""
    return files_hash(sorted((ROOT / "scenes").rglob("*.py")))


def _tables_stand(out: Path, layout: Layout, studio: Studio, plan: list[Shot]) -> bool:
    """Whether all tables and what lies beside them are there, whole."""
    listed = Counter(dict.fromkeys(layout.tables, 0))
    listed.update(shot.table for shot in plan if shot.table is not None)
    try:
        return (
            all(layout.length(out / table) == count for table, count in listed.items())
            and all((out / path).read_text() == text for path, text in layout.beside(studio).items())
            and len(pd.read_parquet(out / LABELS)) == len(plan)
        )
    except (OSError, TypeError, ValueError):  # not there, or not what they should be; also pandas' and pyarrow's errors
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
        f"{name} {there.get(name)} there, {settings.get(name)} asked"
        for name in settings | there
        if there.get(name) != settings.get(name)
    ]
    if there and differ:
        raise UserError(
            f"{out} holds a set with other settings ({'; '.join(differ)}). Delete it, or choose another folder with "
            "--out."
        )
    if not there:
        write_json(out / SETTINGS, settings)


def _make(out: Path, layout: Layout, studio: Studio, shot: Shot) -> tuple[object, dict[str, object]]:
    """Render and write one image unless it stands; its row in its table, None where it has none, and its labels."""
    view = look(studio, shot.split, shot.index)
    if not is_made(out, shot):
        layout.save(out, shot, photograph(view), view.labels)
    labels = label(shot, view)
    return None if shot.table is None else layout.row(out, shot, labels), labels


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
