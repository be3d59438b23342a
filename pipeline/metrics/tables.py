"""Figures as text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.tracks.judged import Judged


def number(value: float | None) -> str:
    """Four decimals, or n/a."""
    return "n/a" if value is None else f"{value:.4f}"


def limits(pair: tuple[float, float] | list[float] | None) -> str:
    """An interval, empty where there is none."""
    return "" if pair is None or pair[0] == pair[1] else f"[{pair[0]:.4f} {pair[1]:.4f}]"


def named(figures: Mapping[str, float | None]) -> str:
    """Figures on one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in figures.items())


def card(content: Mapping, words: Mapping[str, str], aside: str) -> str:
    """The figures of a score.json, a line each with its interval and its meaning."""
    rows = [
        f"{name:10} {number(content[name]):>6}  {limits(content['intervals'][name]):15}  {meaning}"
        for name, meaning in words.items()
    ]
    return "\n".join([*rows, f"{content['images']} images of {content['split']}", aside])


def details(content: Mapping, classes: tuple[str, ...]) -> str:
    """Figures by class and by size, the confusion matrix and the worst images of a score.json."""
    lines = []
    for title in ("by_class", "by_size"):
        rows = content[title]
        names = [name for name in next(iter(rows.values()), {}) if name != "images"]
        lines += ["", f"{title.replace('_', ' '):26} images " + " ".join(f"{name:>22}" for name in names)]
        for group, row in rows.items():
            cells = " ".join(f"{number(row[name][0])} {limits(row[name][1])}".rjust(22) for name in names)
            lines.append(f"{group:26} {row['images']:6} {cells}")
    if "confusion" in content:
        lines += ["", "true class, and how many of its images were given each class, in the same order"]
        for name, row in zip(classes, content["confusion"], strict=True):
            lines.append(f"{name:16} " + " ".join(f"{count:5}" for count in row))
    lines += ["", "worst images", *(f"{number(row['score'])}  {row['image_id']}" for row in content["worst"])]
    return "\n".join(lines)


def grid(title: str, rows: Mapping[str, Mapping[str, float | None]]) -> str:
    """Rows of figures under their names."""
    names = list(next(iter(rows.values())))
    lines = [f"{title:22} " + " ".join(f"{name:>10}" for name in names)]
    for row, figures in rows.items():
        lines.append(f"{row:22} " + " ".join(f"{number(figures[name]):>10}" for name in names))
    return "\n".join(lines)


def rules(headline: str, plain: float | None, changes: list[tuple], combinations: list[float | None]) -> str:
    """The headline figure with each rule changed, and its range over all combinations."""
    lines = ["", f"{headline} {number(plain)}; with one rule changed:"]
    for rule, choice, value in changes:
        change = "" if None in (value, plain) else f"{value - plain:+.4f}"
        lines.append(f"  {rule + ' ' + str(choice):28} {number(value)}  {change}")
    known = [value for value in combinations if value is not None]
    if known:
        lines.append(f"  over all {len(combinations)} combinations: {min(known):.4f} to {max(known):.4f}")
    return "\n".join(lines)


def difference(first: "Judged", second: "Judged") -> str:
    """Each figure of one submission less another's, with its paired interval and what that says."""
    one, other, between = first.figures(), second.figures(), first.less(second)
    lines = ["", f"{first.zip} less {second.zip}, on the same images (paired intervals):"]
    for name in first.track.judge.WORDS:
        if None in (one[name], other[name], between[name]):
            lines.append(f"{name:10}    n/a")
            continue
        low, high = between[name]
        verdict = "the same" if low == high == 0 else "real" if low > 0 or high < 0 else "may be chance"
        lines.append(f"{name:10} {one[name] - other[name]:+.4f}  [{low:+.4f} {high:+.4f}]  {verdict}")
    return "\n".join(lines)
