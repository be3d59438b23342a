"""Figures as text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts import Track

if TYPE_CHECKING:
    from pipeline.judging.judged import Judged

ENOUGH = 30  # images: of fewer, paired intervals exclude zero by chance too often (one in ten at 20, half at 2)


def number(value: float | None) -> str:
    """Four decimals, or n/a."""
    return "n/a" if value is None else f"{value:.4f}"


def limits(pair: tuple[float, float] | list[float] | None) -> str:
    """An interval, empty where there is none."""
    return "" if pair is None else f"[{pair[0]:.4f} {pair[1]:.4f}]"


def named(figures: Mapping[str, float | None]) -> str:
    """Figures on one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in figures.items())


def markdown_row(cells: Iterable[str]) -> str:
    """A line of a table; what a library said may have bars and ends of lines."""
    return f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"


def changed(rules: Mapping[str, object]) -> str:
    """Rules by the names that options have."""
    return ", ".join(f"{name.replace('_', '-')} {value}" for name, value in rules.items())


def card(content: Mapping, words: Mapping[str, str], aside: str, zip: Path) -> str:
    """The figures of a score.json, a line each with its interval and its meaning, and what they are of."""
    images, wide = content["images"], max(10, *map(len, words))

    def of_how_many(name: str) -> str:
        counted = content["counted"].get(name, images)
        return "" if counted == images else f" ({counted} of {images} images)"

    rows = [
        f"{name:{wide}} {number(content[name]):>6}  {limits(content['intervals'][name]):15}  "
        f"{meaning}{of_how_many(name)}"
        for name, meaning in words.items()
    ]
    if content["rules"]:
        rows.append(f"with other rules than the words say: {changed(content['rules'])}")
    rows += [aside] if aside else []
    return "\n".join([*rows, f"{content['images']} images of {content['split']} answered by {zip}"])


def details(content: Mapping, track: Track) -> str:
    """Figures by group, the confusion matrix and the worst images of a score.json."""
    lines = []
    for title in track.judge.groups:
        rows = content[title]
        names = [name for name in next(iter(rows.values()), {}) if name != "images"]
        lines += ["", f"{title.replace('_', ' '):26} images " + " ".join(f"{name:>22}" for name in names)]
        for group, row in rows.items():
            cells = " ".join(f"{number(row[name][0])} {limits(row[name][1]):15}".rjust(22) for name in names)
            lines.append(f"{group:26} {row['images']:6} {cells}")
    if "confusion" in content:
        lines += ["", "true class, and how many of its images were given each class"]
        lines.append(" " * 20 + " ".join(f"{i:5}" for i in range(len(track.classes))))
        for i, (name, row) in enumerate(zip(track.classes, content["confusion"], strict=True)):
            lines.append(f"{i:3} {name:16}" + " ".join(f"{count:5}" for count in row))
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
        change = "" if None in (value, plain) else f"{round(value - plain, 4) + 0.0:+.4f}"
        lines.append(f"  {changed({rule: choice}):28} {number(value)}  {change}")
    known = [value for value in combinations if value is not None]
    if known:
        lines.append(f"  over all {len(combinations)} combinations: {min(known):.4f} to {max(known):.4f}")
    return "\n".join(lines)


def difference(first: "Judged", second: "Judged") -> str:
    """Each figure of one submission less another's, with its paired interval and what that says."""
    one, other, between, images = first.figures(), second.figures(), first.less(second), first.fewest()
    lines = ["", f"{first.zip} less {second.zip}, on the same images (paired intervals):"]
    wide = max(10, *map(len, first.track.judge.words))
    for name in first.track.judge.words:
        if None in (one[name], other[name]):
            lines.append(f"{name:{wide}}    n/a")
            continue
        pair = between[name] and f"[{between[name][0]:+.4f} {between[name][1]:+.4f}]"
        verdict = _verdict(one[name] - other[name], between[name], images.get(name))
        lines.append(f"{name:{wide}} {one[name] - other[name]:+.4f}  {pair or '':17}  {verdict}")
    return "\n".join(lines)


def _verdict(difference: float, pair: tuple[float, float] | None, images: int | None) -> str:
    """What a paired interval says; figures of compute have no images, and nothing is left to chance in them."""
    if difference == 0 and (pair is None or pair[0] == pair[1] == 0):
        return "the same"
    if images is None:
        return "counted"
    if images < ENOUGH:
        return f"{images} images are too few to say"
    return "real" if pair and (pair[0] > 0 or pair[1] < 0) else "may be chance"
