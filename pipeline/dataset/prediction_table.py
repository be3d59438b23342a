"""Predictions: one row an image, in `predictions.parquet`, made in parts so that a killed run can go on."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.files import read_json, write_json, written_aside

PART = 256  # rows between two points from which a killed run goes on
SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),
        ("class_name", pa.string()),
        ("class_index", pa.int8()),
        ("class_probs", pa.list_(pa.float32())),  # in the track's order
        *((corner, pa.float64()) for corner in ("x_min", "y_min", "x_max", "y_max")),  # pixels, max exclusive
        ("body_rle", pa.string()),  # COCO counts at the image's size
        ("panel_rle", pa.string()),
        ("body_score", pa.float32()),  # mean probability over the mask, 0 where it is empty
        ("panel_score", pa.float32()),
        ("profile_x", pa.binary()),  # uint8 a column: highest of body and panel probability
        ("profile_y", pa.binary()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("fallback", pa.bool_()),  # nothing reached 0.5: the masks are empty and the box is a guess
    ]
)


def made_from(path: Path) -> dict:
    """What the rows of a finished table depend on, as it was given to `Parts`."""
    return json.loads((pq.read_schema(path).metadata or {}).get(b"made_from", b"{}"))


class Parts:
    """The parts of a table of `count` rows, in a folder of their own until all are there.

    Args:
        folder: of the parts.
        count: rows of the whole table.
        made_from: what the rows depend on; parts made from anything else are thrown away.
    """

    def __init__(self, folder: Path, count: int, made_from: dict) -> None:
        self.folder, self.made_from = folder, made_from
        self.spans = [range(first, min(first + PART, count)) for first in range(0, count, PART)]
        parts_of = made_from | {"part": PART}
        if read_json(folder / "made_from.json") != parts_of:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(folder / "made_from.json", parts_of)

    def missing(self) -> list[range]:
        """The spans of rows that are still to be made."""
        return [span for span in self.spans if not self._path(span).exists()]

    def write(self, span: range, rows: list[dict]) -> None:
        """Write the rows of one span, whole."""
        with written_aside(self._path(span)) as aside:
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), aside)

    def join(self, path: Path) -> int:
        """Write all parts to one file, a part in memory at a time, and drop them; how many rows fell back."""
        fallbacks = 0
        schema = SCHEMA.with_metadata({"made_from": json.dumps(self.made_from)})
        with written_aside(path) as aside, pq.ParquetWriter(aside, schema, compression="zstd") as writer:
            for span in self.spans:
                table = pq.read_table(self._path(span)).replace_schema_metadata(schema.metadata)
                fallbacks += table["fallback"].to_pylist().count(True)
                writer.write_table(table)
        shutil.rmtree(self.folder)
        return fallbacks

    def _path(self, span: range) -> Path:
        return self.folder / f"{span.start:08d}.parquet"
