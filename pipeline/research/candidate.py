"""The one editable file: values over a recipe's, and a network."""

import ast
import linecache
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pipeline.config import config_of, refuse_impossible
from pipeline.errors import UserError, brief
from pipeline.settings import Config

BUDGET = ("optim.epochs", "optim.images_per_epoch", "seed", "track", "fit_on")

FIRST = '''"""What is experimented on: the only file that may be edited. program.md, two folders up, has the rules."""

# Values of the recipe, by dotted key; program.md lists the keys. What is left out stays as it was at the start.
VALUES = {values}


def network(task, config):
    """The network that is trained, of a task and its whole config.

    Another may be returned: a torch.nn.Module that takes the same images, answers a dict of the same tensors, and has
    encoder_parameters() and example_input().
    """
    return task.network(config)
'''


class BudgetError(UserError):
    """A candidate has values that are not its own to choose."""


def written(values: Mapping[str, object]) -> str:
    """Values as a Python literal, a line each."""
    return "{\n" + "".join(f"    {_text(key)}: {_text(value)},\n" for key, value in values.items()) + "}"


def first_text(values: Mapping[str, object]) -> str:
    """The candidate as it is at the start."""
    return FIRST.format(values=written(values))


def literal(text: str) -> dict[str, object]:
    """VALUES of a candidate, read without running it.

    Raises:
        UserError: it is no Python, or VALUES is no dict of literals.
    """
    try:
        values = ast.literal_eval(_node(text))
    except ValueError as error:
        raise UserError(f"VALUES of candidate.py is no dict of plain values: {brief(str(error))}") from error
    return values


def with_values(text: str, values: Mapping[str, object]) -> str:
    """The candidate with another VALUES; all else stays as it is written. Raises UserError as `literal` does."""
    node = _node(text)
    lines = [line.encode() for line in text.splitlines(keepends=True)]  # ast counts columns in bytes
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + written(values).encode() + after).decode()


def module_of(text: str, path: Path) -> ModuleType:
    """The candidate as a module, of its text as it was committed, whatever its file holds by now."""
    module = ModuleType("candidate")
    module.__file__ = str(path)
    sys.modules["candidate"] = module
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    exec(compile(text, str(path), "exec"), module.__dict__)
    if missing := [name for name in ("VALUES", "network") if not hasattr(module, name)]:
        raise UserError(f"candidate.py has no {' and no '.join(missing)}.")
    return module


def config_for(values: Mapping[str, object], own: Mapping[str, object]) -> Config:
    """The config of a candidate.

    Args:
        values: every value, as frozen
        own: the candidate's, over them

    Raises:
        BudgetError: a key of the budget is among its own
        UserError: keys or values that cannot be
    """
    if not isinstance(own, Mapping):
        raise UserError(f"VALUES of candidate.py is {brief(own)}, expected a dict.")
    if taken := [key for key in own if key in BUDGET]:
        raise BudgetError(f"VALUES has {', '.join(taken)}: of the budget, which is frozen. Take it out.")
    config = config_of({**values, **own})
    refuse_impossible(config)
    return config


def _text(value: object) -> str:
    is_plain = isinstance(value, str) and value.isprintable() and not set('"\\') & set(value)
    return f'"{value}"' if is_plain else repr(value)


def _node(text: str) -> ast.expr:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise UserError(f"candidate.py is no Python: {error.msg}, line {error.lineno}.") from error
    for statement in reversed(tree.body):
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "VALUES" for target in targets):
            if isinstance(getattr(statement, "value", None), ast.Dict):
                return statement.value
            break
    raise UserError("candidate.py has no `VALUES = {...}`, a dict written out.")
