"""A config as a recipe, for `train --recipe` to take."""

from pathlib import Path

from pipeline.config import config_class
from pipeline.files import write_text
from pipeline.settings import Config, flat
from pipeline.yaml_files import yaml_text


def write_recipe(path: Path, config: Config, words: str) -> None:
    """Write the values of a config that are not its task's defaults, under a line of words on where they are from."""
    usual = flat(config_class(config.track)())
    said: dict = {"track": config.track}
    for name, value in flat(config).items():
        if value != usual[name]:
            *sections, key = name.split(".")
            place = said
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = value
    write_text(path, f"# {words}\n{yaml_text(said)}")
