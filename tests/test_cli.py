"""The front door: help, options and mistakes of every verb."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from pipeline import cli
from pipeline.cli import VERBS, function_of, main, parse, parser_of
from pipeline.errors import UserError
from pipeline.settings import flat
from pipeline.tasks.parts.config import PartsConfig
from pipeline.tracks.spark2026.score import Rules
from pipeline.verbs.score import score
from pipeline.verbs.train import train
from pipeline.verbs.validate import validate

ROOT = Path(__file__).parents[1]


def test_help_lists_the_verbs_in_the_order_data_flows(capsys):
    assert main(["--help"]) == 0
    listed = re.findall(r"^  (\w+(?: \w+)?)  ", capsys.readouterr().out, re.M)
    assert listed == [
        "simulate",
        "download",
        "index",
        "cost",
        "train",
        "predict",
        "package",
        "validate",
        "score",
        "report",
        "search architectures",
        "search tasks",
        "search tune",
        "search worker",
        "search report",
        "research start",
        "research try",
        "research run",
        "bench score",
        "bench models",
        "demo",
        "test",
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        parser_of(function_of(verb)).parse_args(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert f"./run.sh {verb}" in text.partition("example:")[2]
    assert "_" not in "".join(re.findall(r"^  (--\S+)", text, re.M))
    for action in parser_of(function_of(verb))._actions:
        assert action.help, action.option_strings


def test_the_options_of_every_verb():
    """Renaming or dropping one breaks somebody's script: change this list knowingly."""
    options = {
        verb: {o.lstrip("-") for a in parser_of(function_of(verb))._actions for o in a.option_strings} - {"h", "help"}
        for verb in VERBS
    }
    assert options.pop("cost") >= {"recipe", "size", "by_module", *flat(PartsConfig())}
    searched = {"recipe", "data", "sets", "balances", "seeds", "budget", "run", "study", "overwrite"}
    assert options.pop("search tasks") >= {*searched, *flat(PartsConfig())}
    tuned = {"recipe", "data", "phases", "sampler", "tries", "budget", "epochs", "run", "study", "overwrite"}
    assert options.pop("search tune") >= {*tuned, *flat(PartsConfig())}
    begun = {"recipe", "data", "budget", "epochs", "seeds", "limit_minutes", "run", "overwrite"}
    assert options.pop("research start") >= {*begun, *flat(PartsConfig())}
    searched = {
        "recipe",
        "data",
        "encoders",
        "decoders",
        "sizes",
        "budget",
        "epochs",
        "top",
        "most_gmac",
        "most_mparams",
    }
    searched |= {"run", "study", "overwrite"}
    assert options.pop("search architectures") >= {*searched, *flat(PartsConfig())}
    assert options.pop("train") >= {"recipe", "data", "run", "overwrite", *flat(PartsConfig())}
    assert options == {
        "simulate": {"out", "count", "size", "seed", "val", "test", "domain", "meshes", "preview", "check", "track"},
        "download": {"out", "track", "repository"},
        "index": {"data", "seed", "strict", "coco", "track"},
        "predict": {"run", "data", "split", "tta", "decode", "images", "overlay", "overwrite"},
        "package": {"run", "data", "split", "tta", "track"},
        "validate": {"zip", "data", "split", "track"},
        "score": {
            *("run", "versus", "data", "split", "tta", "track", "compare_rules", "details", "rules"),
            *("coco", "ceiling", "size", "stride"),
            *(f"rules.{field.name}" for field in fields(Rules)),
        },
        "search worker": {"study", "run", "data", "patience"},
        "report": {"run", "data", "split", "tta"},
        "research try": {"description", "run"},
        "research run": {"run", "experiments", "choices"},
        "search report": {"run", "study"},
        "bench score": {"track", "count", "dense"},
        "bench models": {"table", "only", "out"},
        "demo": set(),
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "Did you mean train?"),
        (["search"], "search what? There are architectures, tasks"),
        (["search", "task"], "no verb 'search task'. Did you mean search tasks?"),
        (["serch", "tasks"], "no verb 'serch'."),
        (["train", "--optim.lrr", "3"], "unknown option --optim.lrr. Did you mean --optim.lr?"),
        (["train", "--optim.lr", "fast"], "optim.lr"),
        (["train", "--recipe", "lite"], "Did you mean lite0?"),
        (["train", "--optim.balance", "dw"], "unknown optim.balance 'dw'. Did you mean dwa?"),
        (["predict", "--split", "vall"], "vall"),
        (["predict", "stray"], "stray"),
        (["index", "--data"], "--data"),
        (["cost", "smoke", "--track", "tests.toy.track"], "of track spark2026, and tests.toy.track has other keys"),
    ],
)
def test_mistakes_are_two_lines_at_most_and_exit_2(arguments, words, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert said.startswith("error: ")


def test_words_before_the_first_option_are_the_first_options():
    assert parse(score, ["first", "second.zip", "--split", "tune"]) == parse(
        score, ["--run=first", "--versus", "second.zip", "--split=tune"]
    )
    assert parse(validate, ["a.zip", "--split", "val"])["zip"] == Path("a.zip")
    assert parse(train, ["smoke", "--run", "x"])["config"].model.encoder == "tu-lcnet_050"


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        (score, ["a", "b", "c"], "too many words before the first option: a b c; expected at most run and versus"),
        (validate, ["a.zip", "b.zip"], "expected at most zip"),
        (score, ["a", "--run", "b"], "run is given twice, as 'a' and as --run"),
    ],
)
def test_words_that_are_too_many(verb, words, said):
    with pytest.raises(UserError, match=re.escape(said)):
        parse(verb, words)


def test_too_many_words(capsys):
    assert main(["demo", "stray"]) == 2
    assert "stray" in capsys.readouterr().err


@pytest.mark.parametrize("spelt", ["--fit-on", "--fit_on"])
def test_dashes_and_underscores(spelt):
    assert parse(train, [spelt, "train+val"])["config"].fit_on == "train+val"


@pytest.mark.parametrize(
    ("arguments", "value"), [([], False), (["--overwrite"], True), (["--overwrite", "false"], False)]
)
def test_switches(arguments, value):
    assert parse(train, arguments)["overwrite"] is value
    assert parse(train, [*arguments, "--run", "x"])["run"] == "x"


def test_help_needs_no_torch():
    code = "import sys, pipeline.cli as c; c.main(['--help']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_ctrl_c(monkeypatch, capsys):
    def raise_(error):
        raise error

    monkeypatch.setattr(cli, "parse", lambda *_: raise_(KeyboardInterrupt))
    assert main(["index"]) == 130
    assert "the same command resumes" in capsys.readouterr().err


def test_a_closed_pipe_is_no_traceback():
    command = f"{sys.executable} -u -m pipeline --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "data/sim/x"), "error: data/sim/x: Permission denied\n"),
        (OSError(116, "Stale file handle"), "error: a file: Stale file handle\n"),
        (
            UnicodeEncodeError("utf-8", "caf\udce9", 3, 4, "surrogates not allowed"),
            "error: a name or text that is not UTF-8",
        ),
        (MemoryError(), "error: out of memory: MemoryError\n"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate\nmore"), "error: torch: CUDA out of memory"),
        (RuntimeError("CUDA error: device-side assert\nmore"), "error: torch: CUDA error: device-side assert"),
    ],
)
def test_what_a_user_can_mend_is_a_line_whichever_library_it_comes_from(monkeypatch, capsys, error, words):
    def run(_):
        raise error

    monkeypatch.setattr(cli, "_run", run)
    assert main(["index"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert said.count("\n") == 1


def test_a_fault_of_the_code_keeps_its_traceback(monkeypatch):
    def run(_):
        raise KeyError("a name of ours")

    monkeypatch.setattr(cli, "_run", run)
    with pytest.raises(KeyError):
        main(["index"])


def test_a_terminal_that_cannot_show_a_name_gets_it_escaped():
    code = "import sys; from pipeline import cli; cli._run = lambda _: print('Ch\u00e9ops'); sys.exit(cli.main([]))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Ch\\xe9ops\n", "")
