"""What the rows of bench models gave: a file each, and all of them as a page of Markdown."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.files import read_json, write_json
from pipeline.judging.bootstrap import interval
from pipeline.judging.tables import markdown_row

DRAWS = 500  # resamples of the images that are kept, for intervals and for differences from other rows


@dataclass(frozen=True)
class Result:
    """What a row gave.

    Attributes:
        name: of the row
        words: what it is
        said: values, seeds, views and sets that it was made from
        against: names of rows whose score it is compared with
        headline: the figure that is the score
        judged: by set and views, then by seed: `figures` of the judge; `draws`, the score over DRAWS resamples of the
            images, 1 / 10,000 each, spaces between; `ms` to predict an image, reading it included
        mparams: million parameters
        gmac: compute of one image, one view, at the published size
        minutes: to train, by seed; None where that was interrupted
        machine: that trained it
        commit: of the code that did
    """

    name: str
    words: str
    said: dict
    against: list[str]
    headline: str
    judged: dict[str, dict[str, dict]]
    mparams: float
    gmac: float
    minutes: list[float | None]
    machine: str
    commit: str | None

    def write(self, folder: Path) -> None:
        """Keep it in a folder."""
        write_json(folder / f"{self.name}.json", asdict(self))

    def figures(self, of: str) -> dict[str, float]:
        """Of a set and views, the mean over seeds."""
        seeds = [seed["figures"] for seed in self.judged[of].values()]
        return {name: float(np.mean([figures[name] for figures in seeds])) for name in seeds[0]}

    def drawn(self, of: str, seeds: Iterable[str]) -> np.ndarray:
        """The score (draws,) of a set and views, the mean over some seeds."""
        return np.mean([np.array(self.judged[of][seed]["draws"].split(), float) for seed in seeds], axis=0) / 10_000


def results_in(folder: Path) -> dict[str, Result]:
    """Those kept in a folder, by row."""
    return {path.stem: Result(**read_json(path)) for path in sorted(folder.glob("*.json"))}


def page(title: str, note: str, order: list[str], found: dict[str, Result]) -> str:
    """The table as Markdown: a section for each set and views, the differences, what rows cost and how to repeat them.

    Args:
        title: its heading
        note: what stands below it
        order: names of the rows that the table has today; results of others stand behind them
        found: the results
    """
    rows = [found[name] for name in order if name in found]
    rows += [result for name, result in found.items() if name not in order]
    score = rows[0].headline
    lines = [f"# {title}", *(["", note] if note else []), ""]
    lines += ["Simulated images, all of them. Written by `./run.sh bench models`, which trains what is"]
    lines += ["missing. Figures of several seeds are their mean. Intervals are 95 % over the images: what another seed"]
    lines += ["would have given is beside them, not in them."]
    for of in dict.fromkeys(of for row in rows for of in row.judged):
        those = [row for row in rows if of in row.judged]
        names = (*those[0].figures(of), f"interval of {score}", f"{score} by seed")
        lines += ["", f"## {of}", "", *_head("row", *names)]
        lines += [_figures(row, of) for row in those]
    lines += ["", f"## {score} less that of another row, on the same images, from the same seeds", ""]
    pairs = [(row, found[name]) for row in rows for name in row.against if name in found]
    lines += [f"- {row.name} less {other.name}: {_differences(row, other)}" for row, other in pairs]
    lines += ["", "## What they are, and cost", ""]
    lines += ["Parameters and compute at the published size; ms to predict an image in one view, from its file.", ""]
    lines += _head("row", "what", "seeds", "M params", "GMAC", "minutes to train", "ms")
    for row in rows:
        ms = [seed["ms"] for of, seeds in row.judged.items() if of.endswith("none") for seed in seeds.values()]
        spent = [f"{row.mparams:.3f}", f"{row.gmac:.3f}", _mean(row.minutes, 1), _mean(ms, 0)]
        lines.append(markdown_row([row.name, row.words, ", ".join(map(str, row.said["seeds"])), *spent]))
    lines += ["", "## Made by", "", *_head("row", "command", "commit", "machine")]
    for row in rows:
        again = f"`./run.sh bench models --only {row.name}`" if row.name in order else "no longer in the table"
        lines.append(markdown_row([row.name, again, (row.commit or "unknown")[:9], row.machine]))
    return "\n".join(lines) + "\n"


def _figures(row: Result, of: str) -> str:
    low, high = _interval(row.drawn(of, row.judged[of]))
    each = [f"{seed['figures'][row.headline]:.3f}" for seed in row.judged[of].values()]
    figures = (f"{value:.3f}" for value in row.figures(of).values())
    return markdown_row([row.name, *figures, f"{low:.3f} to {high:.3f}", " ".join(each)])


def _differences(one: Result, other: Result) -> str:
    said = []
    for of in one.judged:
        if seeds := [seed for seed in one.judged[of] if seed in other.judged.get(of, {})]:
            drawn = one.drawn(of, seeds) - other.drawn(of, seeds)
            value = np.mean([_score(one, of, seed) - _score(other, of, seed) for seed in seeds])
            low, high = _interval(drawn)
            said.append(f"{of} {value:+.3f} ({low:+.3f} to {high:+.3f})")
    return "; ".join(said) or "no seed in common"


def _score(row: Result, of: str, seed: str) -> float:
    return row.judged[of][seed]["figures"][row.headline]


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    return interval(drawn) or (np.nan, np.nan)


def _mean(values: list[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.{digits}f}" if known else "interrupted"


def _head(*names: str) -> list[str]:
    return [markdown_row(names), markdown_row("---" for _ in names)]
