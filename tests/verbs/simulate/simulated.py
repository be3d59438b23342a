"""A small set, made by simulate."""

from pathlib import Path

from pipeline.scenes.layout import layout_of
from pipeline.scenes.studio import Studio
from pipeline.verbs import simulate as verb

SETTINGS = {"count": 24, "size": 96, "seed": 3, "val": 4, "test": 3, "domain": "default", "meshes": None}


def generate(out: Path, processes: int = 1, track: str = "spark2026", **changes) -> None:
    layout = layout_of(track)
    settings = SETTINGS | changes | layout.settings
    world = settings["seed"], settings["size"], settings["domain"]
    studio = Studio(*world, built_in=layout.craft, domains=layout.domains)
    verb._generate(out, layout, studio, settings, processes)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
