"""Predictions: one row per image, in `predictions.parquet`, made in parts so that a killed run can resume."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.files import read_json, write_bytes, write_json, written_aside
from pipeline.parquet_files import read_about, read_table, said_of, table_bytes

PART = 256  # rows, at most, between two points from which a killed run resumes


def schema_of(columns: Sequence[pa.Field]) -> pa.Schema:
    """The columns of answers of a task that answers these."""
    return pa.schema(
        [
            ("image_id", pa.string()),
            *columns,
            ("height", pa.int32()),  # of the answer, pixels
            ("width", pa.int32()),
            ("fallback", pa.bool_()),  # nothing was found: the answer is a guess
            ("fault", pa.string()),  # why the image could not be read whole; what is missing was taken for black
        ]
    )


def made_from(path: Path, remedy: str) -> dict:
    """What the rows of a finished table depend on, as it was given to `Parts`. Raises UserError where it is damaged."""
    return read_about(path, remedy)


def read_predictions(path: Path, remedy: str) -> pd.DataFrame:
    """The rows of a finished table. Raises UserError, with what to do, where it is damaged."""
    return read_table(path, remedy)[0].to_pandas()


def odd_answers(path: Path, remedy: str) -> tuple[int, list[str]]:
    """How many rows of a finished table fell back, and the images that could not be read whole, each with why."""
    table = read_table(path, remedy, ["image_id", "fallback", "fault"])[0]
    image_ids, fallbacks, faults = (column.to_pylist() for column in table.columns)
    pairs = zip(image_ids, faults, strict=True)
    return fallbacks.count(True), [f"{image_id}: {fault}" for image_id, fault in pairs if fault]


class Parts:
    """The parts of a table of `count` rows, in a folder of their own until all are there.

    Args:
        folder: of the parts.
        count: rows of the whole table.
        columns: of the task's answers.
        made_from: what the rows depend on; parts made from anything else are thrown away.
        batch_size: images that are answered together; a part is of whole batches, so that resuming splits none.
    """

    def __init__(self, folder: Path, count: int, columns: Sequence[pa.Field], made_from: dict, batch_size: int) -> None:
        self.folder, self.schema, self.made_from = folder, schema_of(columns), made_from
        part = max(PART // batch_size, 1) * batch_size
        self.spans = [range(first, min(first + part, count)) for first in range(0, count, part)]
        parts_of = made_from | {"part": part}
        if read_json(folder / "made_from.json") != parts_of:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(folder / "made_from.json", parts_of)

    def missing(self) -> list[range]:
        """The spans of rows that are still to be made; damaged parts are."""
        return [span for span in self.spans if self._read(span) is None]

    def write(self, span: range, rows: list[dict]) -> None:
        """Write the rows of one span, whole."""
        write_bytes(self._path(span), table_bytes(pa.Table.from_pylist(rows, self.schema), self.made_from))

    def join(self, path: Path) -> None:
        """Write all parts to one file, a part in memory at a time, and drop them."""
        with written_aside(path) as aside, self._writer(aside) as writer:
            for span in self.spans:
                writer.write_table(said_of(self._read(span), self.made_from))
        shutil.rmtree(self.folder)

    def _writer(self, path: Path) -> pq.ParquetWriter:
        schema = said_of(self.schema.empty_table(), self.made_from).schema
        return pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True)

    def _read(self, span: range) -> pa.Table | None:
        try:
            return read_table(self._path(span), "")[0]
        except UserError:
            return None

    def _path(self, span: range) -> Path:
        return self.folder / f"{span.start:08d}.parquet"
