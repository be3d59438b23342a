"""Recipes: whose values win, and what is said of those that cannot be meant."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.cli import main, parse
from pipeline.tasks.parts.config import PartsConfig
from pipeline.verbs.train import train

ROOT = Path(__file__).parents[1]


def test_the_command_line_wins_over_the_recipe_and_says_so(capsys):
    config = parse(train, ["--recipe", "segformer_b0", "--optim.lr", "7e-3", "--model.size=256"])["config"]
    assert (config.optim.lr, config.model.size, config.model.encoder) == (7e-3, 256, "mit_b0")
    assert capsys.readouterr().out == "override optim.lr: 0.005 -> 0.007\noverride model.size: 512 -> 256\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("optim:\n  learning_rate: 1", "unknown key in .*optim.learning_rate"),
        ("optim:\n  epoch: 1", r"optim.epoch\. Did you mean optim.epochs\?"),
        ("modle:\n  size: 64", r"modle.size\. Did you mean model.size\?"),
        ("optim:\n  epochs: many", "epochs"),
        ("- 1\n- 2", "must hold keys and values"),
        ("a: [", "not YAML"),
    ],
)
def test_a_recipe_with_a_mistake(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(cli.UserError, match=words):
        parse(train, ["--recipe", str(path)])


def test_a_recipe_of_one_s_own(tmp_path):
    (tmp_path / "mine.yaml").write_text("optim: {epochs: 3}\nmodel: {decoder: fpn, decoder_width: null}\n")
    config = parse(train, [f"--recipe={tmp_path}/mine.yaml"])["config"]
    assert (config.optim.epochs, config.model.decoder, config.optim.lr) == (3, "fpn", PartsConfig().optim.lr)


def test_a_recipe_in_utf_8_in_a_locale_of_another_encoding(tmp_path):
    (tmp_path / "r.yaml").write_bytes("# f\u00fcr alle\nmodel: {size: 64}\n".encode())
    code = f"from pipeline.config import recipe_values; print(recipe_values({str(tmp_path / 'r.yaml')!r}))"
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "{'model.size': 64}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("optim:\n  lr:\n", "no value for optim.lr"),
        ("optim:\n  epochs: 2\nseed: 1\noptim:\n  lr: 0.1\n", "key 'optim' in line 4 stands in line 1 already"),
        ("# f\xfcr\n", "r.yaml is not UTF-8: line 1 has byte 0xfc"),
        ("seed: 1234567890123456789\nmodel: {size: 64}\n", "seed is 1234567890123456789, expected 0 to 4294967295"),
    ],
)
def test_recipes_that_cannot_be_meant(tmp_path, monkeypatch, capsys, text, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_bytes(text.encode("latin-1"))
    assert main(["train", "--recipe", "r.yaml"]) == 2
    assert words in capsys.readouterr().err


def test_recipes_as_people_write_them(tmp_path, capsys):
    (tmp_path / "r.yaml").write_text('optim:\nmodel:\n  encoder: tu-lcnet_050\n  size: "64"\nloss: {dice: 1e-1}\n')
    config = parse(train, ["--recipe", str(tmp_path / "r.yaml")])["config"]
    assert (config.model.size, config.loss.dice) == (64, 0.1)
    assert "override" not in capsys.readouterr().out
