"""What a search over sets of tasks has found: a table as Markdown, and how the losses' gradients agree as a picture."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.contracts import Track
from pipeline.files import written_aside
from pipeline.judging.tables import markdown_row
from pipeline.search.study import Outcome
from pipeline.search.tasks import LOGGED, Cell


def page(track: Track, found: list[Cell], ended: list[Outcome], first: str, said: str) -> str:
    """The table; each line's change against the first set's best line in per cent, lower being better or not.

    Args:
        track: whose judge's figures are shown
        found: lines of the table
        ended: what became of each training
        first: set of tasks that the others are compared with
        said: how they were trained, in words
    """
    figures = list(track.judge.accuracy)
    headline, better = track.selects[0], min if track.selects[1] == "min" else max
    base = [cell.mean(headline) for cell in found if cell.tasks == first]
    against = better(base) if base else None
    head = ["tasks", "weighting", "decoded", *figures, f"against {first}", f"{headline} by seed", "minutes"]
    lines = [
        f"# Tasks learnt together, track {track.name}",
        "",
        said,
        "",
        markdown_row(head),
        markdown_row(["---"] * len(head)),
    ]
    lines += [_row(cell, figures, headline, against) for cell in found]
    lines += [f"- {one.name} failed: {one.failed}" for one in ended if one.failed]
    return "\n".join(lines) + "\n"


def _row(cell: Cell, figures: list[str], headline: str, against: float | None) -> str:
    means = [f"{cell.mean(figure):.4g}" for figure in figures]
    change = "" if against is None else f"{100 * (cell.mean(headline) / against - 1):+.1f} %"
    seeds = " ".join(f"{each[headline]:.4f}" for each in cell.figures)
    minutes = f"{sum(cell.minutes) / len(cell.minutes):.1f}"
    return markdown_row([cell.tasks, cell.balance, cell.decode, *means, change, seeds, minutes])


def draw_gradients(path: Path, found: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """How the losses' gradients agree at what they share, over the epochs: a row a set of tasks, of each weighting the
    cosines of each pair of losses, and their norms.

    Args:
        path: PNG that is written, unless nothing was found
        found: of pipeline.search.tasks.agreements
    """
    if not found:
        return
    sets, balances = (list(dict.fromkeys(key[place] for key in found)) for place in (0, 1))
    figure = Figure(figsize=(1 + 8 * len(balances), 1.2 + 2.2 * len(sets)), layout="constrained")
    rows = figure.subplots(len(sets), 2 * len(balances), squeeze=False, sharex=True)
    for column, (kind, words) in enumerate(LOGGED.items()):
        names = list(dict.fromkeys(name for lines in found.values() for name in lines[0] if name.startswith(kind)))
        known = {}
        for (tasks, balance), lines in found.items():
            axes = rows[sets.index(tasks)][2 * balances.index(balance) + column]
            axes.set_title(f"{tasks}, {balance}: {words}")
            for name in (name for name in names if name in lines[0]):
                label, colour = name.removeprefix(kind).replace("_", ", "), f"C{names.index(name)}"
                values = [line[name] for line in lines]
                known[label] = axes.plot(range(1, len(lines) + 1), values, marker=".", color=colour)[0]
        where = ("outside lower left", "outside lower right")[column]
        figure.legend(known.values(), known.keys(), title=words, loc=where, ncols=5, fontsize="small")
    lengths = [line[name] for lines in found.values() for line in lines for name in line if name.startswith("norm_")]
    some = [length for length in lengths if length > 0] or [1.0]
    for axes in rows.flat:
        axes.set_visible(axes.has_data())  # of what has failed there is nothing
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    for axes in rows[:, 0::2].flat:
        axes.axhline(0, color="grey", linewidth=0.8)
        axes.set_ylim(-1.05, 1.05)
    for axes in rows[:, 1::2].flat:
        axes.set(yscale="log", ylim=(min(some) / 2, max(some) * 2))
    for axes in rows[-1]:
        axes.set_xlabel("epoch")
    with written_aside(path) as aside:
        figure.savefig(aside, dpi=80)
