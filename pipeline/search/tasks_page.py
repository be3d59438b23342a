"""What a search over sets of tasks has found: a table as Markdown, and how the losses' gradients agree as a picture."""

from itertools import combinations
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.contracts import Track
from pipeline.files import written_aside
from pipeline.judging.tables import markdown_row
from pipeline.search.study import Outcome
from pipeline.search.tasks import Cell


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


def draw_gradients(path: Path, ended: list[Outcome]) -> None:
    """Cosines of each pair of losses' gradients at what they share, and their norms, over the epochs; a row a trial."""
    epochs_of = {one.name: one.result["epochs"] for one in ended if one.result}
    shown = {name: lines for name, lines in epochs_of.items() if any(key.startswith("cosine_") for key in lines[0])}
    if not shown:
        return
    figure = Figure(figsize=(12, 2.6 * len(shown)), layout="constrained")
    rows = figure.subplots(len(shown), 2, squeeze=False)
    for (cosines, norms), (name, lines) in zip(rows, shown.items(), strict=True):
        losses = [key.removeprefix("norm_") for key in lines[0] if key.startswith("norm_")]
        epochs = [line["epoch"] for line in lines]
        for one, other in combinations(losses, 2):
            found = [line[f"cosine_{one}_{other}"] for line in lines]
            cosines.plot(epochs, found, marker=".", label=f"{one}, {other}")
        for loss in losses:
            norms.plot(epochs, [line[f"norm_{loss}"] for line in lines], marker=".", label=loss)
        cosines.axhline(0, color="grey", linewidth=0.8)
        cosines.set(title=f"{name}: cosines of gradients", ylim=(-1.05, 1.05), xlabel="epoch")
        norms.set(title=f"{name}: norms of gradients", yscale="log", xlabel="epoch")
        for axes in (cosines, norms):
            axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(alpha=0.3)
    with written_aside(path) as aside:
        figure.savefig(aside, dpi=100)
