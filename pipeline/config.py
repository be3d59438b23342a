"""The one config: typed, from a recipe's YAML, overridden on the command line. Its track says which sections it has."""

import dataclasses
from pathlib import Path

import jsonargparse

from pipeline.errors import UserError, nearest, offenders
from pipeline.settings import Config, flat, out_of_range
from pipeline.tracks import DEFAULT, track_named
from pipeline.yaml_files import read_yaml

RECIPES = Path(__file__).parent / "recipes"


def config_class(track: str) -> type[Config]:
    """The config that recipes of a track have. Raises UserError where there is no such track."""
    return track_named(track).task.Config


def config_of(values: dict[str, object]) -> Config:
    """The config with these values, by dotted name, over the defaults of its track.

    Raises:
        UserError: names that it does not have, or values of another type.
    """
    values = {"track": DEFAULT} | values
    kind = config_class(str(values["track"]))
    refuse_unknown(list(values), list(flat(kind())), "config key")
    refuse_empty(values, kind())
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind)
    try:
        found = parser.instantiate(parser.parse_object(dict(values)))
    except (jsonargparse.ArgumentError, ValueError, TypeError) as error:
        raise UserError(str(error).strip()) from error
    return kind(**{field.name: getattr(found, field.name) for field in dataclasses.fields(kind)})


def refuse_empty(values: dict[str, object], defaults: Config) -> None:
    """Raise UserError with every key that has no value where one is needed."""
    needed = flat(defaults)
    empty = [name for name, value in values.items() if value is None and needed.get(name) is not None]
    if empty:
        raise UserError(f"no value for {', '.join(empty)}: give one, or leave the key out.")


def refuse_impossible(config: Config) -> None:
    """Raise UserError with every value outside its range."""
    wrong = out_of_range(config) + track_named(config.track).task.impossible(config)
    if wrong:
        raise UserError("a network cannot be trained with these values:\n" + offenders(wrong))


def recipe_values(name: str) -> dict[str, object]:
    """What a recipe says, by dotted name.

    Args:
        name: `<track>/<name>` of a file in pipeline/recipes, the name alone, or the path of a .yaml file.

    Raises:
        UserError: there is no such recipe, it is not YAML, or it has a key that the config has not.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _recipe(name)
    if not path.is_file():
        there = sorted(file.relative_to(RECIPES).with_suffix("").as_posix() for file in RECIPES.rglob("*.yaml"))
        near = nearest(name, there + [one.rpartition("/")[2] for one in there])
        raise UserError(f"no recipe {name!r}.{near} There are {', '.join(there)}, or a path to a .yaml.")
    said = read_yaml(path)
    kind = config_class(str(said.get("track", DEFAULT)))
    sections = [name for name, value in vars(kind()).items() if dataclasses.is_dataclass(value)]
    values = flat({name: value for name, value in said.items() if value is not None or name not in sections})
    refuse_unknown(list(values), list(flat(kind())), f"key in {path}:")
    return values


def _recipe(name: str) -> Path:
    """The file of a recipe; of a name alone the default track's, or the only one of any other."""
    if "/" not in name and not (RECIPES / DEFAULT / f"{name}.yaml").exists():
        others = sorted(RECIPES.glob(f"*/{name}.yaml"))
        if len(others) == 1:
            return others[0]
    return RECIPES / f"{name if '/' in name else f'{DEFAULT}/{name}'}.yaml"


def refuse_unknown(found: list[str], known: list[str], what: str) -> None:
    """Raise UserError with every name that is not known, and the nearest that is."""
    unknown = [f"unknown {what} {name}.{nearest(name, known)}" for name in found if name not in known]
    if unknown:
        raise UserError("\n".join(unknown))
