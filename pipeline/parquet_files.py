"""Parquet tables that are whole, or refused in a line: pages carry checksums, and these are looked at."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError, reason

ABOUT = b"about"  # key of the metadata that holds what a table was made from, as JSON


def table_bytes(table: pa.Table, about: dict) -> bytes:
    """A table as a file's content, with what it was made from; the same rows give the same bytes."""
    out = pa.BufferOutputStream()
    pq.write_table(said_of(table, about), out, compression="zstd", write_page_checksum=True)
    return out.getvalue().to_pybytes()


def said_of(table: pa.Table, about: dict) -> pa.Table:
    """The table with `about` in its metadata."""
    return table.replace_schema_metadata({ABOUT: json.dumps(about, sort_keys=True)})


def read_table(path: Path, remedy: str, columns: list[str] | None = None) -> tuple[pa.Table, dict]:
    """A table and what it was made from.

    Args:
        path: of the file.
        remedy: what to do where it is damaged, a sentence.
        columns: to read, in this order; default: all.

    Raises:
        UserError: it is not there, cannot be read, or is damaged in any of them.
    """
    try:
        table = pq.read_table(path, columns=columns, page_checksum_verification=True)
        return table, json.loads((table.schema.metadata or {}).get(ABOUT, b"{}"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. {remedy}") from None
    except PermissionError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    except Exception as error:  # a damaged file fails in many ways
        raise UserError(f"{path} is damaged ({reason(error, 80)}). {remedy}") from error


def read_about(path: Path, remedy: str) -> dict:
    """What a table was made from, without its rows. Raises UserError as `read_table` does."""
    try:
        return json.loads((pq.read_schema(path).metadata or {}).get(ABOUT, b"{}"))
    except Exception:
        return read_table(path, remedy)[1]  # which has the words
