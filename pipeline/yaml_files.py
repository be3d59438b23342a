"""YAML as people write it: UTF-8, every key once, numbers and words as they look."""

import re
from pathlib import Path

import yaml

from pipeline.errors import UserError, reason

INT = "tag:yaml.org,2002:int"
LOOKS = {  # what is no text, and how it may begin
    "tag:yaml.org,2002:bool": (r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    INT: (r"[-+]?[0-9]+$", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
}


class _Loader(yaml.SafeLoader):
    """YAML 1.2's decimals and truth values: `1e-3` and `09` are numbers, `off` is a word; a key twice is an error."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name
        first: [pair for pair in pairs if pair[0] not in LOOKS]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: dict[object, int] = {}
        for key_node, _ in node.value:
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if isinstance(key, str | int | float | bool | None) and seen.setdefault(key, line) != line:
                raise yaml.constructor.ConstructorError(
                    problem=f"key {key!r} in line {line} stands in line {seen[key]} already: put both together"
                )
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a reader of YAML, 1.1 or 1.2, would take for something else."""


for _tag, (_look, _first) in LOOKS.items():
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(_tag, re.compile(_look), list(_first))
_Loader.add_constructor(INT, lambda loader, node: int(loader.construct_scalar(node)))


def yaml_text(content: dict) -> str:
    """Keys and values as `read_yaml` reads them back."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False)


def read_yaml(path: Path) -> dict:
    """The keys and values of a YAML file; an empty one has none.

    Raises:
        UserError: it cannot be read, is not UTF-8 or not YAML, has a key twice, or holds something else than keys.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path} is not UTF-8: line {line} has byte {error.object[error.start]:#04x}. Save it as UTF-8."
        ) from error
    try:
        content = yaml.load(text, _Loader)  # a safe loader's child
    except (yaml.YAMLError, ValueError) as error:
        words = str(error) if getattr(error, "problem_mark", None) else getattr(error, "problem", None) or reason(error)
        raise UserError(f"{path} is not YAML: {words}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys and values, found {type(content).__name__}.")
    return content
