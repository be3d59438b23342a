from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.judging import tables

CONTENT = {
    "images": 9,
    "split": "val",
    "one": 0.5,
    "two": None,
    "counted": {"one": 9, "two": 7},
    "intervals": {"one": [0.4, 0.61], "two": None},
    "rules": {},
}
WORDS = {"one": "the first", "two": "the second"}


def test_a_card_is_one_line_per_figure_with_its_interval_and_its_meaning():
    assert tables.card(CONTENT, WORDS, "beside it", Path("a.zip")).splitlines() == [
        "one        0.5000  [0.4000 0.6100]  the first",
        "two           n/a                   the second (7 of 9 images)",
        "beside it",
        "9 images of val answered by a.zip",
    ]


def test_columns_stand_under_each_other_whatever_the_names():
    content = {"a": 0.5, "much_longer_than_ten": 1.0, "intervals": {"a": None, "much_longer_than_ten": None}}
    words = {"a": "here", "much_longer_than_ten": "here"}
    card = tables.card(CONTENT | content, words, "", Path("a.zip")).splitlines()
    judged = SimpleNamespace(
        track=track(words=words), zip="z", fewest=dict,
        figures=lambda: content, less=lambda other: content["intervals"],
    )  # fmt: skip
    compared = tables.difference(judged, judged).splitlines()[2:]
    assert card[0].index("here") == card[1].index("here") == 46
    assert compared[0].index("the same") == compared[1].index("the same")


def test_nothing_beside_it_is_no_empty_line_and_changed_rules_are_said():
    card = tables.card(CONTENT | {"rules": {"box_needs_class": True}}, WORDS, "", Path("a.zip"))
    assert card.splitlines()[2] == "with other rules than the words say: box-needs-class True"
    assert "\n\n" not in card


def track(**judge):
    return SimpleNamespace(judge=SimpleNamespace(**judge), classes=("cat", "dog"))


def test_details_have_groups_confusion_and_the_worst():
    content = {
        "by_size": {"small": {"images": 3, "one": [0.25, [0.1, 0.4]]}, "large": {"images": 0, "one": [None, None]}},
        "confusion": [[4, 1], [0, 2]],
        "worst": [{"image_id": "b", "score": 0.0}, {"image_id": "a", "score": 0.125}],
    }
    lines = tables.details(content, track(groups={"by_size": ("By size", None)})).splitlines()
    assert lines[1].split() == ["by", "size", "images", "one"]
    assert lines[2].split() == ["small", "3", "0.2500", "[0.1000", "0.4000]"]
    assert lines[3].split() == ["large", "0", "n/a"]
    assert [line.split() for line in lines[6:9]] == [["0", "1"], ["0", "cat", "4", "1"], ["1", "dog", "0", "2"]]
    assert lines[-2:] == ["0.0000  b", "0.1250  a"]


def test_without_classes_there_is_no_confusion():
    assert "true class" not in tables.details({"worst": []}, track(groups={}))


def test_a_changed_rule_is_told_with_what_it_changes():
    lines = tables.rules("one", 0.5, [("a_b", "x", 0.25), ("c", True, 0.5), ("d", 1, None)], [0.25, None, 0.75])
    assert lines.splitlines()[1:] == [
        "one 0.5000; with one rule changed:",
        "  a-b x                        0.2500  -0.2500",
        "  c True                       0.5000  +0.0000",
        "  d 1                          n/a  ",
        "  over all 3 combinations: 0.2500 to 0.7500",
    ]


def test_no_minus_zero():
    assert "-0.0000" not in tables.rules("one", 0.5, [("a", "x", 0.49999)], [])


@pytest.mark.parametrize(
    ("difference", "pair", "images", "verdict"),
    [
        (0.1, (0.02, 0.2), 30, "real"),
        (-0.1, (-0.2, -0.02), 30, "real"),
        (0.1, (-0.02, 0.2), 30, "may be chance"),
        (0.1, (0.0, 0.2), 30, "may be chance"),
        (0.1, (0.02, 0.2), 29, "29 images are too few to say"),
        (0.1, None, None, "counted"),
        (0.1, None, 9, "9 images are too few to say"),
        (0.1, None, 30, "may be chance"),
        (0.0, (0.0, 0.0), 3, "the same"),
        (0.0, (-0.1, 0.1), 30, "may be chance"),
    ],
)
def test_what_a_paired_interval_says(difference, pair, images, verdict):
    def judged(value: float):
        return SimpleNamespace(
            track=track(words={"one": ""}), zip="z", fewest=lambda: {"one": images} if images else {},
            figures=lambda: {"one": value}, less=lambda other: {"one": pair},
        )  # fmt: skip

    assert tables.difference(judged(difference), judged(0.0)).splitlines()[-1].endswith(verdict)


def test_a_figure_that_one_of_them_lacks_is_not_compared():
    def judged(value):
        figures = {"one": value}
        return SimpleNamespace(
            track=track(words={"one": ""}), zip="z", fewest=dict,
            figures=lambda: figures, less=lambda other: {"one": None},
        )  # fmt: skip

    assert tables.difference(judged(None), judged(0.5)).splitlines()[-1].split() == ["one", "n/a"]


def test_a_grid_stands_under_its_names():
    rows = {"first": {"one": 0.5, "two": None}, "second": {"one": 1.0, "two": 0.25}}
    assert [line.split() for line in tables.grid("of what", rows).splitlines()] == [
        ["of", "what", "one", "two"],
        ["first", "0.5000", "n/a"],
        ["second", "1.0000", "0.2500"],
    ]
