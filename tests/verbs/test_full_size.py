"""The recipe meant for the real set, at its own size: two steps of training, answers, a zip, a score."""

import json

import pandas as pd
import pytest

from pipeline.config import config_of, recipe_values
from pipeline.verbs.index import index
from pipeline.verbs.score import score
from pipeline.verbs.train import train
from tests.makers import spark2024


def test_two_steps_at_full_size_and_a_score(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = spark2024(tmp_path / "data/set", {"Cheops": (3, 1), "Soho": (3, 1)}, tests=0)
    index(folder)
    values = recipe_values("two_looks") | {"optim.epochs": 1, "optim.batch_size": 2}
    run = train(config_of(values), "two_looks", run="full")
    (line,) = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert {"loss", "dice", "bce", "cls", "lovasz", "box"} <= line.keys()
    score("full", split="val", tta="none")
    place = run.answers(folder, "val", "none").folder
    assert set(pd.read_parquet(place / "predictions.parquet")["height"]) == {1024}
    efficiency = json.loads((place / "manifest.json").read_text())["package spark2026"]["efficiency"]
    assert efficiency["mparams"] == pytest.approx(0.723, abs=5e-4)
    assert efficiency["gmac"] == pytest.approx(0.981, abs=5e-4)
