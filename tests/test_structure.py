"""What a newcomer may rely on: imports go down the floors, stages know no competition, no file is long."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.sources import ROOT

FLOORS = [  # each imports from those below it alone; rooms of one floor not from each other
    ("__main__",),
    ("cli",),
    ("verbs",),
    ("research",),
    ("search",),
    ("stages",),
    ("config",),
    ("tracks",),
    ("tasks",),
    ("engine", "judging", "models", "scenes"),
    ("dataset", "losses"),
    ("contracts", "masks", "poses", "run_folder"),
    ("locks", "parquet_files", "processes", "settings", "sources", "yaml_files"),
    ("files", "progress"),
    ("errors",),
]
BLIND = (  # they know no competition
    *("verbs", "research", "search", "stages"),
    *("engine", "dataset", "judging", "masks", "models", "losses"),
)
MOST_LINES = 250
FILES = sorted([*ROOT.rglob("*.py"), *(ROOT.parent / "tests").rglob("*.py")])


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Modules of pipeline/ that a file imports from, without `pipeline.`, and the name that it takes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pipeline":
            yield from ((node.module.removeprefix("pipeline").lstrip("."), alias.name) for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_every_room_has_a_floor():
    rooms = {room(path) for path in FILES if path.is_relative_to(ROOT)} - {"__init__"}
    assert rooms == {name for floor in FLOORS for name in floor}


def test_imports_go_down():
    level = {name: -number for number, floor in enumerate(FLOORS) for name in floor}
    upward = [
        f"{path.relative_to(ROOT)} imports {module or name}"
        for path in FILES
        if path.is_relative_to(ROOT)
        for module, name in imports(path)
        if (other := (module or name).split(".")[0]) != room(path) and level[other] >= level[room(path)]
    ]
    assert not upward


def test_stages_know_no_competition():
    blind = [path for path in FILES if path.is_relative_to(ROOT) and room(path) in BLIND]
    assert len(blind) > 40
    assert not [path for path in blind if re.search("spark_?202[0-9]", path.read_text())]
    assert not [path for path in blind for module, _ in imports(path) if module.startswith("tracks.")]


def test_no_file_is_long():
    lengths = {str(path): len(path.read_text().splitlines()) for path in FILES}
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES}


def test_imports_make_no_circle():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in FILES
        if path.is_relative_to(ROOT)
    }
    graph = {}
    for own, path in modules.items():
        pairs = [(f"{module}.{name}".lstrip("."), module) for module, name in imports(path)]
        graph[own] = {whole if whole in modules else module for whole, module in pairs}
    while leaves := [own for own, found in graph.items() if not found & graph.keys() - {own}]:
        for own in leaves:
            del graph[own]
    assert not graph
