"""What a search over values has found so far, as a table in Markdown, and a line for each try as it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.contracts import Track
from pipeline.judging.tables import markdown_row
from pipeline.search.spread import is_noise
from pipeline.search.study import Terms, config_values
from pipeline.search.told import came, told
from pipeline.search.trial import best_way
from pipeline.search.tune import BASE, Line, base_spread, best, changes, gain, same_as, words
from pipeline.tracks import track_named


@dataclass(frozen=True)
class About:
    """What all tries have in common, as the page says it.

    Attributes:
        terms: of the study
        recipe: that the base is of
        images: data set, size and budget, in words
        constant: what a constant answer scores, by the figure that selects
        total: how many lines there will be
    """

    terms: Terms
    recipe: str
    images: str
    constant: float
    total: int

    @property
    def track(self) -> Track:
        """The competition."""
        return track_named(self.terms.track)


def page(about: About, lines: Sequence[Line]) -> str:
    """The table of the lines that have ended, under what the figures are of, what chance does, and the best."""
    track, headline = about.track, about.track.judge.headline
    figures = dict.fromkeys((headline, *track.judge.accuracy))
    head = ["", "phase", "changed", *figures, "Mparams", "GMAC", "minutes", "gain", "verdict"]
    text = [f"# Tuning of {about.recipe}, track {track.name}", "", about.images, "", *_sentences(about, lines), ""]
    text += [markdown_row(head), markdown_row(["---"] * len(head))]
    text += [
        markdown_row(_cells(about, lines, position, list(figures)))
        for position, line in enumerate(lines)
        if line.outcome
    ]
    return "\n".join(text) + "\n"


def said(about: About, lines: Sequence[Line], position: int) -> str:
    """A line that has ended, in words: how far the search is, what it gave, the best, and what time is left."""
    line, found = lines[position], best(about.track, lines)
    ended = [each.outcome for each in lines if each.outcome]
    minutes = [outcome.result["minutes"] for outcome in ended if outcome.result]
    what = f"{line.phase}: {words(line.changed)}: {came(line.outcome)}"
    if line.outcome.value is not None:
        what += f", {verdict(about, lines, position)}"
    usual = sum(minutes) / len(minutes) if minutes else None
    return told(len(ended), about.total, what, found.outcome if found else None, usual)


def verdict(about: About, lines: Sequence[Line], position: int) -> str:
    """What a line that has ended comes to, against what its phase began with."""
    line, outcome, track = lines[position], lines[position].outcome, about.track
    known = same_as(lines, position)
    if known is not None:
        return f"same as {known + 1}"
    if outcome.value is None:
        return came(outcome)
    names = {each.phase: None for each in lines}
    until = list(names)[: list(names).index(line.phase) + 1]
    kept = "best" if best(track, lines) is line else ""
    kept = kept or ("kept" if best(track, [each for each in lines if each.phase in until]) is line else "")
    if line.phase == BASE:
        return f"{BASE}, {kept}" if kept == "best" else BASE
    better, limit = gain(track, lines, line), base_spread(lines)
    if better is None:  # the base was not trained to its end
        return kept or "unknown"
    if is_noise(better, limit):
        return f"{kept}, but noise" if kept else "noise"
    return kept or ("better" if better > 0 else "worse")


def _sentences(about: About, lines: Sequence[Line]) -> list[str]:
    """What chance does, what a constant scores, how far the search is, and what is best."""
    track, (figure, way) = about.track, about.track.selects
    headline, limit = track.judge.headline, base_spread(lines)
    ended = [line for line in lines if line.outcome]
    seeds = [line.outcome.value for line in ended if line.phase == BASE and line.outcome.value is not None]
    listed = ", ".join(f"{value:.4f}" for value in seeds) or "none yet"
    chance = "not known, of fewer than two seeds" if limit is None else f"{limit:.4f}; a gain within it is noise"
    highest = {"max": "highest", "min": "lowest"}[way]
    text = [f"- {headline}, compute paid for, on tune; the {highest} wins. The best constant answer: {figure} "]
    text[0] += f"{about.constant:.4f}."
    text.append(f"- The base by seed: {listed}. Spread, the largest less the smallest: {chance}.")
    counts = [sum(bool(getattr(line.outcome, name)) for line in ended) for name in ("failed", "pruned_after")]
    minutes = sum({line.wanted.name: line.outcome.result.get("minutes", 0) for line in ended}.values())
    text.append(f"- {len(ended)} of {about.total} have ended, {counts[0]} failed, {counts[1]} were ended early; ")
    text[-1] += f"the others took {minutes:.1f} minutes."
    if found := best(track, lines):
        text.append(f"- {_winner(about, lines, found, limit)}")
    return text


def _winner(about: About, lines: Sequence[Line], found: Line, limit: float | None) -> str:
    """The best against the base."""
    place, value = list(lines).index(found) + 1, found.outcome.value
    changed = changes(about.terms, config_values(about.terms, found.outcome))
    if not changed:
        return f"Best: the base itself, {value:.4f}."
    text = f"Best: line {place}, {value:.4f}, the base with {words(changed)}."
    base = lines[0].outcome
    if base is None or base.value is None:
        return text
    less = value - base.value if about.track.selects[1] == "max" else base.value - value
    within = ", not known to be more than noise" if limit is None else ""
    within = within or (", within the spread: noise" if is_noise(less, limit) else ", more than the spread")
    return f"{text} Gain over the base {_signed(less)}{within}; part of it comes of choosing the best of many."


def _cells(about: About, lines: Sequence[Line], position: int, figures: list[str]) -> list[str]:
    line, outcome = lines[position], lines[position].outcome
    better = gain(about.track, lines, line)
    cells = [str(position + 1), line.phase, words(line.changed)]
    if outcome.result:
        way, _ = best_way(about.track, outcome.result)
        cells += [f"{outcome.result['figures'][way][figure]:.4f}" for figure in figures]
        cells += [f"{outcome.result['mparams']:.4f}", f"{outcome.result['gmac']:.4f}"]
        cells += [f"{outcome.result['minutes']:.1f}"]
    else:
        cells += [""] * (len(figures) + 3)
    return [*cells, "" if better is None else _signed(better), verdict(about, lines, position)]


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.4f}"
