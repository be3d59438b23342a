"""What a search over architectures has found, as Markdown: every pair with its figures, or why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts import Track
from pipeline.errors import command
from pipeline.judging.tables import markdown_row, number
from pipeline.search.architectures import Architecture
from pipeline.search.pareto import Point, front, knee
from pipeline.search.study import Outcome
from pipeline.search.told import ranked
from pipeline.search.trial import best_way


@dataclass(frozen=True)
class Told:
    """What the page says beside the table.

    Attributes:
        said: how all were trained, in words
        folder: of the images
        constant: what the best constant answer scores by the figure that selects
        report: options of the command that makes the search's report
        recipes: of the best, in their order
    """

    said: str
    folder: Path
    constant: float
    report: Sequence[str]
    recipes: Sequence[Path] = ()


def points(track: Track, wanted: Sequence[Architecture], ended: Sequence[Outcome]) -> dict[str, Point]:
    """Those trained to their end, by name: named by what the encoder, which is the colour, does not say."""
    known = {one.name: one for one in wanted}
    several = len({one.params["size"] for one in wanted}) > 1
    found = {}
    for one in (outcome for outcome in ended if outcome.result):
        params = known[one.name].params
        rest = [*([params["decoder"]] if "decoder" in params else []), *([params["size"]] if several else [])]
        value = one.result["figures"][best_way(track, one.result)[0]][track.selects[0]]
        words = ", ".join(rest) or params["encoder"]
        found[one.name] = Point(words, one.result["gmac"], one.result["mparams"], value, params["encoder"])
    return found


def page(track: Track, wanted: Sequence[Architecture], ended: Sequence[Outcome], told: Told) -> str:
    """The table, the best by the judge's headline first; then what was not trained, and what to do next.

    Args:
        track: whose judge's figures are shown
        wanted: every pair, refused ones too
        ended: what became of those that were to be trained
        told: what else is said
    """
    known, remarks = {one.name: one for one in wanted}, _remarks(track, wanted, ended, told)
    figures = list(dict.fromkeys((track.judge.headline, *track.judge.accuracy)))
    ways = any(way for one in ended for way in one.result.get("figures", {}))
    head = ["", *wanted[0].params, *(["decoded"] if ways else []), *figures]
    head += ["M params", "GMAC", "minutes", "remark"]
    table = [head, ["---"] * len(head)]
    for place, one in enumerate(ranked(ended, track.selects[1]), start=1):
        way = best_way(track, one.result)[0]
        cells = [number(one.result["figures"][way][figure]) for figure in figures]
        compute = [f"{one.result['mparams']:.3f}", f"{one.result['gmac']:.3f}", f"{one.result['minutes']:.1f}"]
        told_way = [way] if ways else []
        table.append([str(place), *known[one.name].params.values(), *told_way, *cells, *compute, remarks[one.name]])
    reasons = {one.name: f"failed: {one.failed}" for one in ended if one.failed}
    reasons |= {one.name: one.refused for one in wanted if one.refused}
    empty = [""] * (len(figures) + ways)
    for one in (one for one in wanted if one.name in reasons):
        compute = ["", ""] if one.gmac is None else [f"{one.mparams:.3f}", f"{one.gmac:.3f}"]
        table.append(["", *one.params.values(), *empty, *compute, "", reasons[one.name]])
    return "\n".join([*_above(track, wanted, ended, told), *map(markdown_row, table), "", *_below(told)]) + "\n"


def _remarks(track: Track, wanted: Sequence[Architecture], ended: Sequence[Outcome], told: Told) -> dict[str, str]:
    """Of each that was trained: its recipe, whether it is on the front, whether it has learnt anything."""
    found = points(track, wanted, ended)
    on_front = front(list(found.values()), track.selects[1])
    recipes = {one.name: path.name for one, path in zip(ranked(ended, track.selects[1]), told.recipes, strict=False)}
    remarks = {}
    for name, point in found.items():
        said = [recipes[name]] if name in recipes else []
        said += ["front, its knee" if point is knee(on_front) else "front"] if point in on_front else []
        said += [] if track.better(point.value, told.constant) else ["no better than a constant answer"]
        remarks[name] = "; ".join(said)
    return remarks


def _above(track: Track, wanted: Sequence[Architecture], ended: Sequence[Outcome], told: Told) -> list[str]:
    trainable = sum(not one.refused for one in wanted)
    left = f" So far {len(ended)} of {trainable} have ended." if len(ended) < trainable else ""
    figure, best = track.selects
    return [
        f"# Encoders and decoders, track {track.name}",
        "",
        f"{told.said}{left}",
        "",
        f"The best constant answer scores {number(told.constant)} by {figure} on the same images. `front`: none is as "
        f"good by {figure} (the {'highest' if best == 'max' else 'lowest'} is best) for as little compute; see "
        "pareto.png.",
        "",
    ]


def _below(told: Told) -> list[str]:
    if not told.recipes:
        return []
    data = ("--data", told.folder)
    return [
        "## Next",
        "",
        "Search the settings of one of the best, with --phases where phases.yml does not suit it, or train it as long "
        "as its recipe says:",
        "",
        "```",
        *(command("search", "tune", "--recipe", path, *data) for path in told.recipes),
        command("train", "--recipe", told.recipes[0], *data),
        command("search", "report", *told.report),
        "```",
    ]
