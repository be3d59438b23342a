"""Short trainings, and their deaths."""

from pipeline.config import config_of, recipe_values

FOUR = {"optim.epochs": 4, "optim.batch_size": 2, "augment.quarter_turns": True}


def config(**changes):
    return config_of(recipe_values("smoke") | FOUR | {name.replace("__", "."): v for name, v in changes.items()})
