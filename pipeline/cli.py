"""The one parser: verbs, each with the options of its function's signature and the words of its docstring."""

import argparse
import importlib
import inspect
import io
import os
import re
import sys
import warnings
from collections.abc import Callable
from itertools import pairwise, takewhile

import jsonargparse

from pipeline.config import config_class, config_of, recipe_values, refuse_unknown
from pipeline.errors import UserError, nearest, reason
from pipeline.settings import flat
from pipeline.tracks import DEFAULT, track_named

VERBS = {  # in the order data flows
    "simulate": "make a data set of rendered spacecraft, in the layout of SPARK 2024 or of SPEED+",
    "download": "fetch the real SPARK 2026 set (needs a network)",
    "index": "check every file of a data set and write what is known of it to index.parquet",
    "cost": "count parameters and compute of a recipe's network, and what they leave of the score",
    "train": "fit a network from a recipe, selected on the tune split by the judge",
    "predict": "answer a split, or any folder of images, with test-time views",
    "package": "write the zip to upload, read back through a validator",
    "validate": "check anybody's zip before it is uploaded",
    "score": "score that zip as the server would",
    "report": "write a static page for a run, or a list of all runs",
    "search architectures": "train every pair of encoder and decoder alike, and compare accuracy and compute",
    "search tasks": "train sets of tasks with weightings of their losses on the same images, and compare them",
    "search tune": "try values of a recipe, in phases or as a sampler chooses, and write down the best as a recipe",
    "search worker": "train tries of a search that runs elsewhere, beside it and any number of others",
    "search report": "write a static page for a search: pictures, and the table of its tries",
    "research start": "begin experiments on one editable file, with a frozen judge: for agents, or for you",
    "research try": "one experiment: kept if it beats the best so far by more than chance, else undone",
    "research run": "experiments unattended, with values that a sampler proposes",
    "bench score": "time the judging of a zip against a straightforward way",
    "bench models": "train and judge the rows of a table: our networks against the published ones",
    "demo": "all of the above on simulated images: from nothing to a scored zip in 15 minutes",
}


def main(arguments: list[str]) -> int:
    """Run a verb; the exit code: 0 done, 2 something the user can mend, said in words; 130 stopped by ctrl-C."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.jit")  # raised inside a library's import
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names that the terminal's encoding lacks are escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        words = _words_of(error)
        if words is None:
            raise  # a fault of this code: the traceback says where
        print(f"error: {words}", file=sys.stderr)
        return 2
    return 0


def _words_of(error: Exception) -> str | None:
    """What a user is told of an error that he can mend, whichever library it comes from; None of any other."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or reason(error)}"
    if isinstance(error, UnicodeError):
        return f"a name or text that is not UTF-8: {reason(error, 160)}"
    if isinstance(error, MemoryError):
        return f"out of memory: {reason(error, 160)}"
    if type(error).__module__.startswith("torch") or (isinstance(error, RuntimeError) and "CUDA" in str(error)):
        return f"torch: {reason(error, 300)} (on the CPU instead: CUDA_VISIBLE_DEVICES= ./run.sh ...)"
    return None


def _run(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return
    words = 1 if arguments[0] in VERBS else 2
    verb = " ".join(arguments[:words])
    if verb not in VERBS:
        kinds = [name.partition(" ")[2] for name in VERBS if name.split()[0] == arguments[0]]
        if kinds and len(arguments) == 1:
            raise UserError(f"{verb} what? There are {', '.join(kinds)}.")
        wrong = verb if kinds else arguments[0]
        raise UserError(f"no verb {wrong!r}.{nearest(wrong, [*VERBS, 'test'])} `./run.sh --help` lists them.")
    function = function_of(verb)
    function(**parse(function, arguments[words:]))


def function_of(verb: str) -> Callable:
    """What a verb calls; it has a file of its name."""
    name = verb.replace(" ", "_")
    return getattr(importlib.import_module(f"pipeline.verbs.{name}"), name)


def overview() -> str:
    """The verbs, a line each."""
    lines = [f"  {verb:21} {text}" for verb, text in VERBS.items()]
    return "\n".join(
        [
            "usage: ./run.sh <verb> [options]        ./run.sh <verb> --help for its options",
            "",
            *lines,
            f"  {'test':21} check the code: ruff and the test suite",
            "",
            "Words before the first option are the verb's first options: `score A B` is `score --run A --versus B`.",
            "data/ and submissions/ are those of the folder you stand in.",
        ]
    )


class _Parser(jsonargparse.ArgumentParser):
    def error(self, message: str, ex: Exception | None = None) -> None:
        raise UserError(f"{message.strip()}\n`{self.prog} --help` lists the options.")


def parser_of(function: Callable, track: str = DEFAULT) -> jsonargparse.ArgumentParser:
    """A parser with one option per parameter; `config` brings the options of the config, `rules` those of the judge."""
    words, _, example = inspect.getdoc(function).partition("Example:")
    prog = f"./run.sh {function.__name__.replace('_', ' ')}"
    parser = _Parser(
        prog=prog,
        usage=" ".join([prog, *(f"[{word}]" for word in words_of(function)), "[options]"]),
        description=words.split("Args:")[0].strip() + "\n\nexample:\n" + "  " + example.split("\n\n")[0].strip(),
        formatter_class=_Help,
    )
    parser.add_function_arguments(function, skip={"config", "rules"}, fail_untyped=True)
    if "rules" in inspect.signature(function).parameters:
        parser.add_class_arguments(track_named(track).judge.Rules, "rules")
    if "config" in inspect.signature(function).parameters:
        parser.add_class_arguments(config_class(track))
    for action in parser._actions:
        if action.help == "Path to a configuration file.":
            action.help = argparse.SUPPRESS
    return parser


class _Help(jsonargparse.DefaultHelpFormatter):
    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text

    def format_help(self) -> str:
        return re.sub(r"--[a-z_.]+", lambda name: name[0].replace("_", "-"), super().format_help())


def parse(function: Callable, arguments: list[str]) -> dict:
    """Keyword arguments for a verb's function from the command line.

    Raises:
        UserError: an option that does not exist, with the nearest that does, or a value of the wrong type.
    """
    has_config = "config" in inspect.signature(function).parameters
    arguments = _named(function, arguments)
    recipe = _recipe(function, arguments) if has_config else {}
    parser = parser_of(function, _said(arguments, "--track") or str(recipe.get("track", DEFAULT)))
    options = {option: action for action in parser._actions for option in action.option_strings}
    arguments = _spelt_out(arguments, options)
    refuse_unknown([a.split("=")[0] for a in arguments if a.startswith("--")], list(options), "option")
    parser.set_defaults(recipe)
    values = parser.instantiate(parser.parse_args(arguments))
    given = {name: getattr(values, name) for name in inspect.signature(function).parameters if name != "config"}
    if has_config:
        kind = config_class(values.track)
        given["config"] = kind(**{name: getattr(values, name) for name in inspect.signature(kind).parameters})
        _say_overrides(recipe, flat(given["config"]))
    return given


def _named(function: Callable, arguments: list[str]) -> list[str]:
    """Words before the first option as the verb's first options: `score A B` is `score --run A --versus B`."""
    words = list(takewhile(lambda argument: not argument.startswith("-"), arguments))
    names = words_of(function)
    rest = arguments[len(words) :]
    if len(words) > len(names):
        expected = f"at most {' and '.join(names)}" if names else "options only"
        raise UserError(f"too many words before the first option: {' '.join(words)}; expected {expected}.")
    for name, word in zip(names, words, strict=False):
        if any(argument.split("=")[0] == f"--{name}" for argument in rest):
            raise UserError(f"{name} is given twice, as {word!r} and as --{name}.")
    return [argument for name, word in zip(names, words, strict=False) for argument in (f"--{name}", word)] + rest


def words_of(function: Callable) -> list[str]:
    """The options of a verb that may be given as words: those before the data set, two at most."""
    names = (name for name in inspect.signature(function).parameters if name != "config")
    return list(takewhile(lambda name: name != "data", names))[:2]


def _spelt_out(arguments: list[str], options: dict[str, argparse.Action]) -> list[str]:
    """`--fit-on` as `--fit_on`, and a switch without a value, `--overwrite`, as `--overwrite=true`."""
    spelt = []
    for argument, following in pairwise([*arguments, "--"]):
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            name = "--" + name[2:].replace("-", "_")
            argument = name + equals + value
            is_switch = name in options and getattr(options[name], "_typehint", None) is bool
            if is_switch and not equals and following.lower() not in ("true", "false"):
                argument = f"{name}=true"
        spelt.append(argument)
    return spelt


def _said(arguments: list[str], option: str) -> str | None:
    """The value of an option before the arguments are parsed; None where it is not given."""
    said = None
    for argument, following in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        if name == option:
            said = value if equals else following
    return said


def _recipe(function: Callable, arguments: list[str]) -> dict[str, object]:
    """All values of the recipe named, by dotted name, before overrides; its keys are those of the track asked for."""
    name = _said(arguments, "--recipe") or inspect.signature(function).parameters["recipe"].default
    try:
        values = flat(config_of(recipe_values(name)))
    except UserError as error:
        raise UserError(f"recipe {name}: {error}") from error
    own = str(values["track"])
    track = _said(arguments, "--track") or own
    if config_class(track) is not config_class(own):
        raise UserError(f"recipe {name} is of track {own}, and {track} has other keys: name a recipe of its own.")
    return values


def _say_overrides(before: dict[str, object], after: dict[str, object]) -> None:
    for name, value in after.items():
        if value != before[name]:
            print(f"override {name}: {before[name]} -> {value}")
