"""What was found in each file of a data set, kept in `index.cache` by path, label, size and time.

File times live here, so that index.parquet has none. What could not be read is never kept: it may pass.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from pipeline.contracts import Reader
from pipeline.dataset import problems
from pipeline.errors import UserError
from pipeline.files import write_bytes
from pipeline.parquet_files import read_table, table_bytes
from pipeline.sources import sources

FILE = "index.cache"
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


class Key(NamedTuple):
    """An item as its table and its files' sizes and times say; `said` is what the table says of it."""

    said: str
    files: str


def keys_of(folder: Path, items: Sequence, reader: Reader) -> list[Key]:
    """The keys of a reader's items, in their order; files are looked up, not opened."""
    code = " ".join(sources(reader.code).values())
    return [
        Key("|".join(map(str, (code, *item))), " ".join(stamp(folder, path) for path in reader.files(item)))
        for item in items
    ]


def stamp(folder: Path, path: str | None) -> str:
    """Size and time of a file; `-` where there is none, `?` where it cannot be looked up."""
    if not path:
        return "-"
    try:
        stat = os.stat(f"{folder}/{path}")  # noqa: PTH116 - a Path for each of 170,000 files takes as long again
    except ValueError:  # a name that no file can have
        return "-"
    except OSError as error:
        return "-" if error.errno in ABSENT else "?"
    return f"{stat.st_size}.{stat.st_mtime_ns}"


def remembered(folder: Path) -> tuple[dict[Key, dict], int | None]:
    """What the last run found, by key, and the seed it chose `tune` by; nothing where the file is damaged."""
    try:
        table, about = read_table(folder / FILE, "")
        keys = table.select(Key._fields).to_pylist()
        rows = table.drop_columns(list(Key._fields)).to_pylist()
        found = problems.from_dicts([facts["problems"] for facts in rows])
    except (UserError, KeyError, TypeError):  # damaged, or of another version
        return {}, None
    rows = [facts | {"problems": each} for facts, each in zip(rows, found, strict=True)]
    return {Key(**key): facts for key, facts in zip(keys, rows, strict=True)}, about.get("seed")


def remember(folder: Path, known: dict[Key, dict], seed: int) -> None:
    """Keep what was found; of files that could not be looked up nothing is kept."""
    kept = {key: facts for key, facts in known.items() if "?" not in key.files}
    told = problems.as_dicts([facts["problems"] for facts in kept.values()])
    rows = [key._asdict() | facts | {"problems": each} for (key, facts), each in zip(kept.items(), told, strict=True)]
    table = pa.Table.from_pandas(pd.DataFrame(rows, columns=None if rows else Key._fields), preserve_index=False)
    write_bytes(folder / FILE, table_bytes(table, {"seed": seed}))


def changes(items: Sequence, keys: Sequence[Key], known: dict[Key, dict]) -> str:
    """What is other than when `known` was found, in words; empty where nothing is."""
    here, then = set(keys), set(known)
    fresh = [item.image_id for item, key in zip(items, keys, strict=True) if key not in then]
    words = []
    if fresh:
        words.append(f"{len(fresh)} images are new, have changed or could not be read before ({', '.join(fresh[:3])})")
    if gone := len(then - here):
        words.append(f"{gone} are gone or have changed")
    return "; ".join(words)
