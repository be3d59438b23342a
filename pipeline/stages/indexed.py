"""The index of a data set, made where it is missing or its files are other than those it was made from."""

import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.contracts import Reader, Track
from pipeline.dataset.file_findings import Key, changes, keys_of, remember, remembered
from pipeline.dataset.index_table import FILE, about_index, read_index, rows_of, schema_of, usual_size, write_index
from pipeline.dataset.problems import has_problem
from pipeline.dataset.splits import in_order, mark_duplicates, mark_odd_sizes, with_tune
from pipeline.errors import UserError
from pipeline.files import DiskError, drop_leftovers, file_hash
from pipeline.locks import alone_in
from pipeline.processes import cores, spread
from pipeline.progress import progress, say
from pipeline.sources import differences, sources

KEEP_EVERY = 5000  # images between two points from which a killed run resumes
CODE = ("stages/indexed.py", *(f"dataset/{name}.py" for name in ("index_table", "problems", "splits", "file_findings")))


def indexed(folder: Path, track: Track) -> pd.DataFrame:
    """The index of a folder, made first where it is missing or its files are other than those it was made from."""
    items = track.reader.items(folder)
    changed = _changed(folder, items, track.reader, None)
    if changed:
        print(f"index of {folder}: {changed}. Making it")
        rows = _make(folder, items, track, None)
        if bad := has_problem(rows).sum():
            print(f"{bad} of {len(rows)} images have problems, which `./run.sh index` lists")
    return read_index(folder, track.reader.truth)


def usable_rows(track: Track, index: pd.DataFrame, splits: tuple[str, ...]) -> pd.DataFrame:
    """The rows of some splits that can be trained on; others are counted in a line. Raises UserError of too few."""
    rows = rows_of(index, splits)
    good = pd.Series(track.reader.usable(rows))
    if not good.all():
        say(f"{(~good).sum()} of {len(rows)} {'+'.join(splits)} images cannot be trained on: left out (see index)")
    if (good.sum() < 2 and splits != ("tune",)) or not good.any():
        raise UserError(f"only {good.sum()} usable images in {'+'.join(splits)}; run `./run.sh index` to see why.")
    return rows[good].reset_index(drop=True)


def renewed(folder: Path, track: Track, items: Sequence, seed: int | None) -> pd.DataFrame:
    """The index of a folder's items, made where it is not whole or is of other files or of another seed."""
    try:
        if not _changed(folder, items, track.reader, seed):
            return read_index(folder, track.reader.truth)
    except UserError:  # damaged
        pass
    return _make(folder, items, track, seed)


def is_current(folder: Path, track: Track) -> bool:
    """Whether the index of a folder is there and says what the files say."""
    return not _changed(folder, track.reader.items(folder), track.reader, None)


def _changed(folder: Path, items: Sequence, reader: Reader, seed: int | None) -> str:
    """What the index of a folder does not know yet, in words; empty where it stands.

    Raises:
        UserError: it is damaged.
    """
    if not (folder / FILE).exists():
        return "there is none yet"
    about = about_index(folder)
    now = _about(folder, reader, about.get("seed") if seed is None else seed)
    tables, were = now["tables"], about.get("tables", {})
    words = [f"{name} has changed" for name in tables if were.get(name, tables[name]) != tables[name]]
    words += [f"{name} is new" for name in tables if name not in were]
    words += [f"{name} is gone" for name in were if name not in tables]
    if not words:
        words = differences(about, now) or [changes(items, keys_of(folder, items, reader), remembered(folder)[0])]
    return "; ".join(filter(None, words))


def _about(folder: Path, reader: Reader, seed: int | None) -> dict:
    """What an index is made from, files of images and masks apart, which index.cache lists."""
    tables = {path.relative_to(folder).as_posix(): file_hash(path) for path in reader.tables(folder)}
    return {"seed": seed or 0, "tables": tables, "code": sources((*CODE, *reader.code))}


def _make(folder: Path, items: Sequence, track: Track, seed: int | None) -> pd.DataFrame:
    """Check what has not been checked yet and write index and cache."""
    reader = track.reader
    try:
        with alone_in(folder, "index"):
            drop_leftovers(folder)
            known, seed_then = remembered(folder)
            about = _about(folder, reader, _seed_of(folder, seed_then) if seed is None else seed)
            keys = keys_of(folder, items, reader)
            rows = _checked(folder, items, keys, reader, known, about["seed"])
            usual = usual_size(rows, track.size_hw)
            mark_duplicates(rows)
            mark_odd_sizes(rows, usual)
            rows["split"] = with_tune(rows, reader.usable(rows), reader.stratum, about["seed"])
            rows = in_order(rows)
            write_index(folder / FILE, rows, reader.truth, about)  # first: files that the cache knows, the index knows
            remember(folder, {key: known[key] for key in keys if key in known}, about["seed"])
    except DiskError as error:
        advice = "Free some space; a set on a disk that may not be written can be linked into a folder"
        links = f"mkdir -p data/mine && ln -s {shlex.quote(str(folder.resolve()))}/* data/mine/"
        raise UserError(f"{error.what} {advice}: {links}") from error
    return rows


def _seed_of(folder: Path, otherwise: int | None) -> int | None:
    """The seed that the index was made with; a damaged index leaves the one in index.cache."""
    try:
        return about_index(folder).get("seed", otherwise) if (folder / FILE).exists() else otherwise
    except UserError:
        return otherwise


def _checked(
    folder: Path, items: Sequence, keys: Sequence[Key], reader: Reader, known: dict[Key, dict], seed: int
) -> pd.DataFrame:
    """One row per item; files known as they are now are not looked at again, and `known` grows by the others."""
    fresh = [i for i, key in enumerate(keys) if key not in known]
    print(f"index: {len(items)} images in {folder}, {len(fresh)} to check")
    passing: dict[Key, dict] = {}
    found = _check_all(folder, [items[i] for i in fresh], reader)
    for count, (i, facts) in enumerate(zip(fresh, found, strict=True), start=1):
        unread = facts.pop("unread")
        own = (*items[i].problems, *facts["problems"])
        (passing if unread else known)[keys[i]] = {**facts, "problems": own}
        if count % KEEP_EVERY == 0 and count < len(fresh):  # never all of it: there is no index of it yet
            remember(folder, known, seed)
    rows = [item._asdict() | (passing.get(key) or known[key]) for item, key in zip(items, keys, strict=True)]
    return pd.DataFrame(rows)[schema_of(reader.truth).names]


def _check_all(folder: Path, items: Sequence, reader: Reader) -> Iterator[dict]:
    processes = min(cores(), len(items) // 50)  # a process takes as long to start as fifty images to check
    return progress(spread(partial(reader.check, folder), items, processes, chunk=16), len(items), "index")
