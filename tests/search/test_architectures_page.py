"""The page of a track whose lowest figure is best, of networks that are answered in several ways."""

from pathlib import Path

from pipeline.search.architectures import Architecture
from pipeline.search.architectures_page import Told, page, points
from pipeline.search.study import Outcome
from pipeline.tracks import track_named

POSE = track_named("pose")


def wanted(name, **what):
    return Architecture(name, {"encoder": name, "size": "64"}, {}, **what)


def ended(name, gmac, failed="", **scores):
    figures = {way: dict.fromkeys(POSE.judge.accuracy, score) for way, score in scores.items()}
    result = {"figures": figures, "gmac": gmac, "mparams": 2.0, "minutes": 1.0} if scores else {}
    return Outcome(name, {}, {}, min(scores.values(), default=None), result, failed, 0)


PAIRS = [
    *(wanted(name, gmac=gmac, mparams=2.0) for name, gmac in (("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0))),
    wanted("e", gmac=9.0, mparams=7.0, refused="over budget: 9.000 GMAC, at most 5 wanted"),
    wanted("f", refused="impossible: a | b\nc"),
]
ENDED = [
    ended("a", 1.0, direct=3.0, pnp=4.0),
    ended("b", 2.0, direct=2.0, pnp=1.0),
    ended("c", 3.0, failed="training diverged"),
    ended("d", 4.0, direct=0.9),
]


def lines(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")][2:]


def test_the_lowest_is_first_and_each_is_told_by_its_best_way():
    told = Told("Said.", Path("data/my set"), 2.5, ["--run", "it"], [Path("top-1.yaml"), Path("top-2.yaml")])
    text = page(POSE, PAIRS, ENDED, told)
    found = lines(text)
    assert [line[1] for line in found] == ["d", "b", "a", "c", "e", "f"]
    assert [line[0] for line in found] == ["1", "2", "3", "", "", ""]
    assert [line[3] for line in found[:3]] == ["direct", "pnp", "direct"]
    assert [line[-1] for line in found] == [
        "top-1.yaml; front",
        "top-2.yaml; front, its knee",  # 1 / 3 of the way, and 2 / 2.1 of what is gained
        "front; no better than a constant answer",
        "failed: training diverged",
        "over budget: 9.000 GMAC, at most 5 wanted",
        "impossible: a / b c",
    ]
    assert len({len(line) for line in found}) == 1
    assert found[4][-4:-1] == ["7.000", "9.000", ""]
    assert "The best constant answer scores 2.5000 by speed_score" in text
    assert "(the lowest is best)" in text
    assert "./run.sh search tune --recipe top-2.yaml --data 'data/my set'" in text
    assert "./run.sh search report --run it" in text


def test_what_has_not_ended_is_counted():
    text = page(POSE, PAIRS, ENDED[:1], Told("Said.", Path("data"), 2.5, []))
    assert "Said. So far 1 of 4 have ended." in text
    assert "## Next" not in text


def test_points_are_named_by_what_their_colour_does_not_say():
    found = points(POSE, PAIRS, ENDED)
    assert list(found) == ["a", "b", "d"]
    assert found["b"][:4] == ("b", 2.0, 2.0, 1.0)
    sizes = (("a", "64"), ("b", "96"))
    two = [Architecture(name, {"encoder": "e", "decoder": "unet", "size": size}, {}) for name, size in sizes]
    assert [(point.name, point.kind) for point in points(POSE, two, ENDED[:2]).values()] == [
        ("unet, 64", "e"),
        ("unet, 96", "e"),
    ]
