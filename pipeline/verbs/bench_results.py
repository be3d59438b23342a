"""What the rows of bench models gave: a file each, and all of them as a page of Markdown."""

import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from pipeline.files import read_json, write_json
from pipeline.judging.bootstrap import interval
from pipeline.processes import cores

DRAWS = 500  # resamples of the images that are kept, for intervals and for differences from other rows


@dataclass(frozen=True)
class Result:
    """What a row gave; figures by set and views, the mean of its seeds.

    Attributes:
        name: of the row
        words: what it is
        said: recipe, values, seeds and sets that it was made from
        against: names of rows whose score it is compared with
        headline: the figure that is the score
        figures: of the judge
        draws: of the score over DRAWS resamples of the images, 1 / 10,000 each, spaces between
        mparams: million parameters
        gmac: compute of one image, one view, at the published size
        minutes: to train once
        ms: to predict one image in one view, reading it included
        machine: that trained it
        commit: of the code that did
    """

    name: str
    words: str
    said: dict
    against: list[str]
    headline: str
    figures: dict[str, dict[str, float]]
    draws: dict[str, str]
    mparams: float
    gmac: float
    minutes: float
    ms: float
    machine: str
    commit: str | None

    def write(self, folder: Path) -> None:
        """Keep it in a folder."""
        write_json(folder / f"{self.name}.json", asdict(self))

    def drawn(self, of: str) -> np.ndarray:
        """The score (draws,) of a set and views."""
        return np.array(self.draws[of].split(), float) / 10_000


def results_in(folder: Path) -> dict[str, Result]:
    """Those kept in a folder, by row."""
    return {path.stem: Result(**read_json(path)) for path in sorted(folder.glob("*.json"))}


def page(title: str, order: list[str], found: dict[str, Result]) -> str:
    """The table as Markdown: a section for each set and views, the differences, what rows cost and how to repeat them.

    Args:
        title: its heading
        order: names of the rows that the table has today; results of others stand behind them
        found: the results
    """
    rows = [found[name] for name in order if name in found]
    rows += [result for name, result in found.items() if name not in order]
    lines = [
        f"# {title}",
        "",
        "Simulated images, all of them. Written by `./run.sh bench models`, which trains what is",
    ]
    lines += ["missing; intervals are 95 %, over the images; rows of several seeds are their mean."]
    for of in dict.fromkeys(of for row in rows for of in row.figures):
        those = [row for row in rows if of in row.figures]
        lines += ["", f"## {of}", "", *_head("row", *those[0].figures[of], f"interval of {those[0].headline}")]
        lines += [_figures(row, of) for row in those]
    lines += ["", f"## {rows[0].headline} less that of another row, on the same images", ""]
    pairs = [(row, found[name]) for row in rows for name in row.against if name in found]
    lines += [f"- {row.name} less {other.name}: {_differences(row, other)}" for row, other in pairs]
    lines += ["", "## What they are, and cost", ""]
    lines += ["Parameters and compute at the published size; ms to predict an image, from its file.", ""]
    lines += _head("row", "what", "seeds", "M params", "GMAC", "minutes to train", "ms")
    for row in rows:
        spent = [f"{row.mparams:.3f}", f"{row.gmac:.3f}", f"{row.minutes:.1f}", f"{row.ms:.0f}"]
        lines.append(_line(row.name, row.words, ", ".join(map(str, row.said["seeds"])), *spent))
    lines += ["", "## Made by", "", *_head("row", "command", "commit", "machine")]
    for row in rows:
        again = f"`./run.sh bench models --only {row.name}`" if row.name in order else "no longer in the table"
        lines.append(_line(row.name, again, (row.commit or "unknown")[:9], row.machine))
    return "\n".join(lines) + "\n"


def _figures(row: Result, of: str) -> str:
    low, high = _interval(row.drawn(of))
    return _line(row.name, *(f"{value:.3f}" for value in row.figures[of].values()), f"{low:.3f} to {high:.3f}")


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    return interval(drawn) or (np.nan, np.nan)


def _differences(one: Result, other: Result) -> str:
    said = []
    for of in one.figures:
        if of in other.figures:
            value = one.figures[of][one.headline] - other.figures[of][other.headline]
            low, high = _interval(one.drawn(of) - other.drawn(of))
            said.append(f"{of} {value:+.3f} ({low:+.3f} to {high:+.3f})")
    return "; ".join(said)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*names: str) -> list[str]:
    return [_line(*names), _line(*("---" for _ in names))]


def machine() -> str:
    """This one, in words."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{cores()} CPU cores"
    return f"{platform.machine()}, {device}, torch {torch.__version__}"
