"""The index: one row per image of a data set, in `index.parquet`."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.dataset import problems
from pipeline.errors import UserError, command
from pipeline.files import write_bytes
from pipeline.parquet_files import read_about, read_table, table_bytes

FILE = "index.parquet"
SPLITS = ("train", "tune", "val", "test")


def schema_of(truth: Sequence[pa.Field]) -> pa.Schema:
    """The columns of an index whose track has these columns of truth."""
    return pa.schema(
        [
            ("image_id", pa.string()),  # unique in the set
            ("split", pa.string()),  # one of SPLITS
            *truth,
            ("height", pa.int32()),  # pixels; 0: neither image nor mask can be read
            ("width", pa.int32()),
            ("image_path", pa.string()),  # relative to the set's folder, / between parts
            ("content_hash", pa.string()),  # BLAKE2b-128 of the image file's bytes; empty: no file
            problems.FIELD,
        ]
    )


def write_index(path: Path, rows: pd.DataFrame, truth: Sequence[pa.Field], about: dict) -> None:
    """Write an index and what it was made from, unless it stands so; the same rows give the same bytes."""
    told = rows.assign(problems=problems.as_dicts(rows["problems"]))
    content = table_bytes(pa.Table.from_pandas(told, schema_of(truth), preserve_index=False), about)
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)


def read_index(folder: Path, truth: Sequence[pa.Field] = ()) -> pd.DataFrame:
    """The index of a data set's folder, of a track with these columns of truth; problems are tuples of Problem.

    Raises:
        UserError: there is none, or not one of this layout.
    """
    path = folder / FILE
    table = read_table(path, remedy_of(folder))[0]
    missing = [field.name for field in schema_of(truth) if field not in list(table.schema)]
    if missing:
        raise UserError(f"{path} lacks columns {missing}. {remedy_of(folder)}")
    rows = table.to_pandas()
    return rows.assign(problems=problems.from_dicts(rows["problems"]))


def about_index(folder: Path) -> dict:
    """What the index of a folder was made from, as `write_index` was told; nothing of one of another version."""
    return read_about(folder / FILE, remedy_of(folder))


def remedy_of(folder: Path) -> str:
    """How to make the index of a folder anew."""
    return f"`{command('index', '--data', folder)}` makes it anew."


def rows_hash(rows: pd.DataFrame) -> str:
    """BLAKE2b-128 of what the rows say, whatever file they come from, 32 hex digits."""
    told = rows.assign(problems=rows["problems"].map(str)).map(exact)
    each = pd.util.hash_pandas_object(told, index=False)
    return hashlib.blake2b(each.to_numpy().tobytes(), digest_size=16).hexdigest()


def exact(cell: object) -> object:
    """A cell as it is, or a list's numbers as text, to the last bit."""
    return str(np.asarray(cell).tolist()) if isinstance(cell, list | tuple | np.ndarray) else cell


def rows_of(index: pd.DataFrame, splits: tuple[str, ...]) -> pd.DataFrame:
    """The rows of some splits. Raises UserError where a split is empty."""
    counts = index["split"].value_counts()
    empty = [split for split in splits if not counts.get(split)]
    if empty:
        there = ", ".join(f"{split} {counts[split]}" for split in SPLITS if counts.get(split)) or "no images at all"
        raise UserError(
            f"no images of split {', '.join(empty)} in the index; it holds {there}. "
            "If you added files, run `./run.sh index`."
        )
    return index[index["split"].isin(splits)].reset_index(drop=True)


def usual_size(rows: pd.DataFrame, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Height and width that most images have, the larger of equally many; `otherwise` where none is known."""
    known = rows.loc[rows["height"] > 0, ["height", "width"]]
    if known.empty:
        return otherwise
    counts = known.value_counts()
    return max(counts[counts == counts.max()].index)


def sized(rows: pd.DataFrame, otherwise: tuple[int, int]) -> pd.DataFrame:
    """The rows with a size for every image: of what cannot be read, the usual one of the others."""
    height, width = usual_size(rows, otherwise)
    unknown = rows["height"] == 0
    return rows.assign(height=rows["height"].mask(unknown, height), width=rows["width"].mask(unknown, width))
