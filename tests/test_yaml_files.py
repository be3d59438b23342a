import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import RECIPES
from pipeline.errors import UserError
from pipeline.yaml_files import read_yaml, yaml_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.5E+2", 150.0),
        (".5", 0.5),
        ("-2.", -2.0),
        ("3", 3),
        ("1e3", 1000.0),
        ("off", "off"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ('"64"', "64"),
        ("", None),
        ("null", None),
        ("1.2.3", "1.2.3"),
        ("e3", "e3"),
        ("09", 9),
        ("-010", -10),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
    ],
)
def test_values_are_what_they_look_like(tmp_path, text, value):
    (tmp_path / "a.yaml").write_text(f"key: {text}\n")
    found = read_yaml(tmp_path / "a.yaml")["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "value",
    ["1e-3", "1e3", ".5", "09", "010", "-7", "0x1F", "1_000", "off", "true", "null", "2024-01-01", "", 1e-5, -2.0],
)
def test_what_is_written_is_read(tmp_path, value):
    (tmp_path / "a.yaml").write_text(yaml_text({"key": value, "keys": {"list": [value]}}))
    assert read_yaml(tmp_path / "a.yaml") == {"key": value, "keys": {"list": [value]}}


@given(text=st.text(), number=st.floats(allow_nan=False, allow_infinity=False), whole=st.integers())
def test_any_text_and_number_is_read_as_written(tmp_path_factory, text, number, whole):
    path, content = tmp_path_factory.getbasetemp() / "any.yaml", {"text": text, "number": number, "whole": whole}
    path.write_text(yaml_text(content))
    found = read_yaml(path)
    assert (found, list(map(type, found.values()))) == (content, [str, float, int])


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_usual_values_are_written_as_ever(path):
    content = read_yaml(path) | {"amp": "off", "run": "lite0", "data": "data/sim"}
    assert yaml_text(content) == yaml.safe_dump(content, sort_keys=False)


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xef\xbb\xbfa: 1\n"])
def test_empty_and_marked_files(tmp_path, content):
    (tmp_path / "a.yaml").write_bytes(content)
    assert read_yaml(tmp_path / "a.yaml") == ({"a": 1} if b"a: 1" in content else {})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: 1\nb: 2\na: 3\n", r"'a' in line 3 stands in line 1 already"),
        (b"model:\n  size: 64\n  lr: 1\n  size: 96\n", r"'size' in line 4 stands in line 2"),
        (b"# f\xfcr\n", "not UTF-8: line 1 has byte 0xfc"),
        (b"a: 1\n# f\xfcr\n", "not UTF-8: line 2 has byte 0xfc"),
        (b"a:\n\tb: 1\n", r"not YAML.*\\t"),
        (b"- 1\n", "must hold keys and values, found list"),
        (b"a: [1\n", "not YAML"),
        (b"a: !!python/object:os.system 1\n", "not YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path, content, words):
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.yaml"):
        read_yaml(tmp_path / "a.yaml")
    with pytest.raises(UserError, match="(?s)" + words):
        read_yaml(tmp_path / "a.yaml")


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(UserError, match="Is a directory"):
        read_yaml(tmp_path)
