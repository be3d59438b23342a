"""An output says which code made it; what code that is follows from imports, found here apart from the lists."""

import ast
from pathlib import Path

import pytest

from pipeline.dataset import images
from pipeline.engine import inference, training
from pipeline.sources import ROOT, differences, sources
from pipeline.stages import indexed
from pipeline.tracks import track_named

SAYS_NOTHING = {  # modules that words, disks and processes are a matter of
    *("errors.py", "files.py", "progress.py", "locks.py", "processes.py", "sources.py", "parquet_files.py"),
    *(
        "yaml_files.py",
        "config.py",
        *(f"contracts/{name}.py" for name in ("__init__", "reader", "task", "track")),
        "engine/checkpoints.py",
        "engine/device.py",
        "tracks/findings.py",
    ),
}


def imported(start: str) -> set[str]:
    """Files of pipeline/ that a file imports, itself and theirs included."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in seen or name in SAYS_NOTHING:
            continue
        seen.add(name)
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
                base = Path(*node.module.split(".")[1:])
                for path in (base.with_suffix(".py"), *(base / f"{alias.name}.py" for alias in node.names)):
                    if str(base) != "." and (ROOT / path).is_file():
                        waiting.append(path.as_posix())
    return seen


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("engine/inference.py", inference.CODE),
        ("dataset/images.py", images.CODE),
        ("tracks/spark2024/integrity.py", track_named("spark2026").reader.code),
        ("engine/training.py", training.CODE),
        ("tracks/spark2024/reader.py", track_named("spark2026").reader.code),
        ("dataset/splits.py", indexed.CODE),
        ("models/fused.py", track_named("spark2026").task.answer_code),
        ("tracks/spark2026/submission.py", track_named("spark2026").upload.code),
        ("tracks/spark2024/submission.py", track_named("spark2024").upload.code),
    ],
)
def test_all_code_that_decides_an_output_is_in_its_list(start, code):
    assert imported(start) - set(code) == set()


def test_differences_are_words():
    assert differences({"a": 1}, {"a": 1}) == []
    one = {
        "weights_hash": "x",
        "tta": "none",
        "model": {"size": 64, "encoder": "e"},
        "code": {"a.py": "1", "b.py": "2"},
    }
    other = {
        "weights_hash": "y",
        "tta": "d4",
        "model": {"size": 128, "encoder": "e"},
        "code": {"a.py": "1", "b.py": "3"},
    }
    assert differences(one, other) == ["code of b.py", "model.size 64 -> 128", "tta none -> d4", "the weights"]
    assert differences({}, {"code": {"a.py": "1"}}) == ["code of a.py"]
    assert differences({"code": None}, {"code": {"a.py": "1"}}) == ["code of a.py"]


def test_sources_are_hashes_of_files():
    assert sources(("errors.py",)).keys() == {"errors.py"}
    assert sources(("errors.py",)) != {"errors.py": sources(("files.py",))["files.py"]}
