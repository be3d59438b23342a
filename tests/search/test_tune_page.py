"""Verdicts of made-up tries: what is kept, what is noise, and in which direction the track looks."""

from dataclasses import replace

from pipeline.search.study import Outcome, Terms, Try
from pipeline.search.tune import BASE, Line, best, gain
from pipeline.search.tune_page import About, page, said, verdict
from pipeline.tracks import track_named

SPARK = track_named("spark2026")
TERMS = Terms("spark2026", {"optim.epochs": 4, "optim.lr": 0.1, "seed": 0}, {}, {}, space={"optim.lr": [0.1]})
ABOUT = About(TERMS, "mine", "40 images of a set.", 0.25, total=9)


def line(phase, rate, value, start=BASE, seed=0, **own):
    """A try of a learning rate that gave a value."""
    figures = dict.fromkeys((SPARK.judge.headline, *SPARK.judge.accuracy), value)
    result = {"figures": {"": figures}, "mparams": 1.5, "gmac": 0.5, "minutes": 2.0} if value is not None else {}
    name = BASE if phase == BASE and not seed else f"{phase} {rate} {seed}"
    outcome = Outcome(name, {"seed": seed} if seed else {}, {"optim.lr": rate}, value, result, "", 0)
    start = "" if phase == BASE else start
    return Line(phase, Try(name), {"optim.lr": rate}, start, not seed, replace(outcome, **own))


LINES = [
    line(BASE, 0.1, 0.50),
    line(BASE, 0.1, 0.56, seed=1),
    line("rate", 0.2, 0.54),
    line("rate", 0.3, 0.58),
    line("rate", 0.4, 0.40),
    line("rate", 0.5, 0.57),
    line("again", 0.6, 0.60, start="rate 0.3 0"),
    line("again", 0.7, None, start="rate 0.3 0", failed="out of memory. Try less."),
    line("again", 0.8, None, start="rate 0.3 0", pruned_after=2),
]


def test_verdicts_are_against_what_a_phase_began_with():
    assert [verdict(ABOUT, LINES, place) for place in range(len(LINES))] == [
        "base",
        "base",
        "noise",  # 0.04, and the base differs by 0.06
        "kept",
        "worse",
        "better",
        "best, but noise",  # 0.02 more than what was kept
        "failed: out of memory",
        "ended early, after epoch 2",
    ]
    assert [round(gain(SPARK, LINES, each), 9) for each in LINES[2:7]] == [0.04, 0.08, -0.1, 0.07, 0.02]


def test_another_seed_of_the_base_is_never_the_best():
    assert best(SPARK, LINES[:3]) is LINES[2]
    assert verdict(ABOUT, LINES[:2], 0) == "base, best"


def test_the_first_of_equal_ones_is_the_best_and_the_rest_are_the_same_as_it():
    twice = [*LINES[:4], line("again", 0.3, 0.58, start="rate 0.3 0")]
    assert best(SPARK, twice) is twice[3]
    assert verdict(ABOUT, twice, 4) == "same as 4"
    other = [*LINES[:4], line("again", 0.9, 0.58, start="rate 0.3 0")]
    assert verdict(ABOUT, other, 4) == "noise"


def test_without_a_spread_nothing_is_called_noise():
    alone = [LINES[0], LINES[2]]
    assert verdict(ABOUT, alone, 1) == "best"
    assert "Spread, the largest less the smallest: not known, of fewer than two seeds." in page(ABOUT, alone)
    assert "not known to be more than noise" in page(ABOUT, alone)


def test_a_base_that_failed_leaves_gains_unknown():
    failed = [line(BASE, 0.1, None, failed="it diverged"), LINES[1], LINES[2], line("rate", 0.3, 0.5)]
    assert [verdict(ABOUT, failed, place) for place in range(4)] == ["failed: it diverged", "base", "best", "unknown"]
    assert gain(SPARK, failed, failed[2]) is None


def test_the_head_says_what_chance_does_and_what_the_best_is():
    text = page(ABOUT, LINES)
    assert "- s_final, compute paid for, on tune; the highest wins. The best constant answer: s_acc 0.2500." in text
    assert "- The base by seed: 0.5000, 0.5600. Spread, the largest less the smallest: 0.0600; a gain" in text
    assert "- 9 of 9 have ended, 1 failed, 1 were ended early; the others took 14.0 minutes." in text
    assert (
        "- Best: line 7, 0.6000, the base with optim.lr 0.6. Gain over the base +0.1000, more than the spread;" in text
    )
    assert "| 4 | rate | optim.lr 0.3 | 0.5800 | 0.5800 |" in text
    assert "| 1.5000 | 0.5000 | 2.0 | +0.0800 | kept |" in text


def test_what_is_said_of_a_try():
    pending = [*LINES[:5], *(replace(each, outcome=None) for each in LINES[5:])]
    assert said(ABOUT, pending, 3) == (
        "5 of 9, rate: optim.lr 0.3: 0.5800 in 2.0 min, best; best 0.5800, rate 0.3 0; about 8 min left"
    )
    alone = [line(BASE, 0.1, None, failed="it diverged"), replace(LINES[1], outcome=None)]
    assert said(ABOUT, alone, 0) == "1 of 9, base: optim.lr 0.1: failed: it diverged"  # what time is left is not known
    assert said(ABOUT, LINES, 7) == "9 of 9, again: optim.lr 0.7: failed: out of memory; best 0.6000, again 0.6 0"


def test_where_the_lowest_wins_less_is_a_gain():
    toy = track_named("tests.toy.track")
    low = [line(BASE, 0.1, 0.5), line("rate", 0.2, 0.4), line("rate", 0.3, 0.6)]
    assert best(toy, low) is low[1]
    assert round(gain(toy, low, low[1]), 9) == 0.1
