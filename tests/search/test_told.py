from types import SimpleNamespace

from pipeline.search import told as module
from pipeline.search.study import Outcome
from pipeline.search.told import Teller, came, ranked, told


def outcome(name, value=None, failed="", pruned=0):
    result = {} if value is None else {"minutes": 2.04}
    return Outcome(name, {}, {}, value, result, failed, pruned)


def test_a_line_says_how_far_how_good_and_how_long():
    best = outcome("b", 0.5)
    assert told(3, 21, "a: 0.2500", best, 1.5) == "3 of 21, a: 0.2500; best 0.5000, b; about 27 min left"
    assert told(21, 21, "a: failed", best, 1.5) == "21 of 21, a: failed; best 0.5000, b"
    assert told(1, 2, "a: failed", None, None) == "1 of 2, a: failed"
    assert told(1, 2, "a: failed", None, 0.1) == "1 of 2, a: failed; about 1 min left"


def test_what_became_of_a_try():
    assert came(outcome("a", 0.25)) == "0.2500 in 2.0 min"
    assert came(outcome("a", failed="out of memory. Try a smaller batch.")) == "failed: out of memory"
    assert came(outcome("a", pruned=3)) == "ended early, after epoch 3"


def test_the_best_are_the_highest_or_the_lowest_and_of_equals_the_first():
    some = [outcome("a", 0.5), outcome("b"), outcome("c", 0.75), outcome("d", 0.5)]
    assert [one.name for one in ranked(some, "max")] == ["c", "a", "d"]
    assert [one.name for one in ranked(some, "min")] == ["a", "d", "c"]


def test_every_try_is_told_once_and_those_of_before_are_counted(capsys, monkeypatch):
    clock = iter([0.0, 120.0, 360.0, 360.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    tell = Teller(5, "min")
    ended = [outcome("a", 0.5)]
    tell(ended)
    ended.append(outcome("b", 0.25))
    tell(ended)
    ended += [outcome("c", failed="why"), outcome("d", 1.0)]  # two at once, of other workers
    tell(ended)
    assert capsys.readouterr().out.splitlines() == [
        "1 of 5 were done before",
        "2 of 5, b: 0.2500 in 2.0 min; best 0.2500, b; about 6 min left",  # 2 minutes each
        "3 of 5, c: failed: why; best 0.2500, b; about 6 min left",
        "4 of 5, d: 1.0000 in 2.0 min; best 0.2500, b; about 2 min left",
    ]
