import pyarrow as pa
import pytest

from pipeline.errors import UserError
from pipeline.parquet_files import read_about, read_table, table_bytes

TABLE = pa.table({"name": [f"image {i}" * 5 for i in range(500)], "number": list(range(500))})


def test_rows_and_what_they_were_made_from(tmp_path):
    content = table_bytes(TABLE, {"seed": 3, "code": {"a.py": "12"}})
    assert table_bytes(TABLE, {"code": {"a.py": "12"}, "seed": 3}) == content
    (tmp_path / "a").write_bytes(content)
    table, about = read_table(tmp_path / "a", "")
    assert table.equals(TABLE.replace_schema_metadata(table.schema.metadata))
    assert about == read_about(tmp_path / "a", "") == {"seed": 3, "code": {"a.py": "12"}}


@pytest.mark.parametrize("place", range(8, 100, 4))
def test_one_wrong_byte_anywhere_is_found(tmp_path, place):
    content = bytearray(table_bytes(TABLE, {}))
    content[len(content) * place // 100] ^= 0x55
    (tmp_path / "a").write_bytes(content)
    try:
        table = read_table(tmp_path / "a", "Make it anew.")[0]
    except UserError as error:
        assert str(error).startswith(f"{tmp_path / 'a'} is damaged (")
        assert str(error).endswith("Make it anew.")
        assert "\n" not in str(error)
    else:
        assert table.to_pydict() == TABLE.to_pydict()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no table at all, but some text", None])
def test_no_table(tmp_path, content):
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    for read in (read_table, read_about):
        with pytest.raises(UserError, match=r"Make it anew\.$"):
            read(tmp_path / "a", "Make it anew.")


def test_a_cut_table(tmp_path):
    (tmp_path / "a").write_bytes(table_bytes(TABLE, {})[:-20])
    with pytest.raises(UserError, match="damaged"):
        read_about(tmp_path / "a", "")
