"""Static pages: templates filled, pictures inside, nothing loaded from anywhere."""

import base64
from pathlib import Path

import jinja2

from pipeline.files import write_text
from pipeline.judging import tables
from pipeline.progress import say


def filled(template: str, **values: object) -> str:
    """A template of pipeline/templates with its values; one that it lacks is an error."""
    room = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    room.filters |= {"figure": tables.number, "limits": tables.limits}
    return room.get_template(template).render(values)


def embedded(content: bytes, kind: str) -> str:
    """A picture's bytes as the source of an image; kind: png, jpeg."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def write_page(path: Path, page: str) -> Path:
    """Write a page whole, and say so."""
    write_text(path, page)
    say(f"report: {path}, {len(page) / 1e6:.1f} MB")
    return path
