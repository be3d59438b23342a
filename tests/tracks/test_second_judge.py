"""Both judges of the project against a second one that shares no line with them."""

import itertools
from dataclasses import fields
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.tracks.spark2026 import CLASSES
from tests.makers import OF_PARTS
from tests.oracles.judge import judged

SIDES = (40, 30)


def choices(rules: type) -> dict[str, tuple]:
    return {field.name: (True, False) if field.type is bool else get_args(field.type) for field in fields(rules)}


def filled(count: int, left: int = 0) -> np.ndarray:
    """A mask with so many pixels set, row by row from the left-th on."""
    mask_hw = np.zeros(SIDES, bool)
    mask_hw.ravel()[left : left + count] = True
    return mask_hw


def image(rng: np.random.Generator, number: int) -> tuple[dict, dict]:
    """Truth and answer of one image; the first ones are the awkward cases, the others chance."""
    body, panel = rng.integers(20, 300), rng.integers(0, 60)
    true = {
        "class": int(rng.integers(10)),
        "box": [5.0, 6.0, 25.0, 26.0],
        "body": filled(body),
        "panel": filled(panel, 600),
    }
    grown = [5.0, 6.0, float(rng.uniform(10, 30)), float(rng.uniform(10, 40))]
    answer = {
        "class": true["class"] if rng.random() < 0.6 else int(rng.integers(10)),
        "box": grown,
        "body": filled(int(rng.integers(0, 400))),
        "panel": filled(int(rng.integers(0, 60)), 600 + int(rng.integers(0, 20))),
    }
    changes = [
        ({"class": None}, {}),
        ({"box": None}, {}),
        ({"body": None, "panel": None}, {}),
        ({"class": None, "box": None, "body": None, "panel": None}, {}),
        ({"body": filled(200), "panel": filled(10, 600)}, {"panel": filled(10, 600)}),  # exactly 5 %
        ({"body": filled(200), "panel": filled(9, 600)}, {"panel": filled(9, 600)}),  # below
        ({"panel": filled(0)}, {"panel": filled(0)}),
        ({"panel": filled(0)}, {"panel": filled(5)}),
        ({"body": filled(0)}, {"body": filled(0)}),
        ({"body": filled(0), "panel": filled(0)}, {}),
        (
            {"body": filled(100), "box": [0.0, 0.0, 10.0, 10.0]},
            {"body": filled(50), "box": [0.0, 0.0, 10.0, 5.0]},
        ),  # 0.5
        (
            {"body": filled(100), "box": [0.0, 0.0, 10.0, 10.0]},
            {"body": filled(75), "box": [0.0, 0.0, 10.0, 7.5]},
        ),  # 0.75
        ({"box": [0.0, 0.0, 10.0, 10.0]}, {"box": [20.0, 20.0, 30.0, 30.0]}),
        ({}, {"body": filled(0), "panel": filled(0)}),
    ]
    if number < len(changes):
        true, answer = true | changes[number][0], answer | changes[number][1]
    return true, answer


def rows(items: list[dict]) -> tuple[list[dict], pd.DataFrame]:
    """The same as the second judge takes it, and as a table."""
    plain, table = [], []
    for number, item in enumerate(items):
        masks = {f"{part}_rle": None if item[part] is None else rle.encode(item[part]) for part in ("body", "panel")}
        size = {"height": SIDES[0], "width": SIDES[1]}
        plain.append({"class": item["class"], "box": item["box"], **masks, **size})
        index = -1 if item["class"] is None else item["class"]
        corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), item["box"] or [np.nan] * 4, strict=True))
        named = {"image_id": f"{number}", "class_index": index, "class_name": CLASSES[index]}
        table.append({**named, **corners, **masks, **size})
    return plain, pd.DataFrame(table)


@pytest.mark.parametrize("track", OF_PARTS)
@pytest.mark.parametrize(("seed", "count"), [(0, 14), (1, 40), (2, 1)])
@pytest.mark.parametrize(("gmac", "mparams"), [(4.483, 3.454), (80.0, 35.0)])
def test_every_rule_agrees(track, seed, count, gmac, mparams):
    rng = np.random.default_rng(seed)
    true, answered = zip(*(image(rng, number) for number in range(count)), strict=True)
    (truth, truth_table), (given, given_table) = rows(true), rows(answered)
    judge = track_named(track).judge
    images = judge.per_image(truth_table, given_table.sample(frac=1, random_state=0))
    assumed = {"segmentation": "thresholds", "strict": True, "panel": "share", "empty_truth": "skip"}
    assumed |= {"box_needs_class": False, "clamp": True, "compute_unit": "gmac"}
    options = choices(judge.Rules)
    combinations = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    assert len(combinations) == {"spark2026": 128, "spark2024": 16}[track]
    for rules in combinations:
        ours = track_named(track).figures(images, judge.Rules(**rules), {"gmac": gmac, "mparams": mparams})
        theirs = judged(truth, given, assumed | rules, gmac, mparams)
        for name, value in ours.items():
            expected = None if np.isnan(theirs[name]) else pytest.approx(theirs[name], abs=1e-9)
            assert value == expected, (name, rules)
