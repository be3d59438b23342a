"""Optuna's own plots of a study, as PNG; where a study has too little for one, why."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import matplotlib
import numpy as np
import optuna
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState
from optuna.visualization import matplotlib as plots

from pipeline.contracts import Track
from pipeline.search.pareto import Point
from pipeline.search.pareto_picture import draw_pareto

ENOUGH = 4  # tries to their end, below which importances say nothing
AXES = 7  # of parallel coordinates, that can still be read
DPI = 110


class Picture(NamedTuple):
    """One of a page.

    Attributes:
        title: of it
        png: its bytes; None: it is not drawn
        words: what it shows; or why it is not drawn
    """

    title: str
    png: bytes | None
    words: str


def pictures(track: Track, study: optuna.Study, points: list[Point]) -> list[Picture]:
    """Accuracy against compute, and how the search went, as far as the study has enough for each."""
    return [
        _pareto(track, points),
        _drawn_history(study, track.judge.headline),
        _drawn_parallel(study, track.judge.headline),
        _drawn_importances(study, track.judge.headline),
    ]


def varied(study: optuna.Study) -> list[str]:
    """Parameters that have more than one value among the tries that were trained to their end."""
    values: dict[str, set] = {}
    for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(value)
    return [name for name, found in values.items() if len(found) > 1]


def parallel_axes(study: optuna.Study) -> list[str]:
    """Those of the parameters that vary that are drawn as parallel coordinates: of many, the most important ones."""
    params = varied(study)
    if len(params) <= AXES or _too_few(study, ENOUGH):
        return params
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), params=params)  # in their order
    return list(found)[:AXES]


def _pareto(track: Track, points: list[Point]) -> Picture:
    title = "Accuracy and compute"
    if len({point.gmac for point in points}) < 2:
        return Picture(title, None, "all that were trained to their end need the same compute")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pareto.png"
        draw_pareto(path, track, points)
        words = f"{track.selects[0]} against compute, of each try; of many, the front alone is named."
        return Picture(title, path.read_bytes(), words)


def _drawn_history(study: optuna.Study, headline: str) -> Picture:
    def draw() -> Axes:
        axes = plots.plot_optimization_history(study, target_name=headline)
        axes.figure.set_size_inches(9.5, 4.2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title("")
        return axes

    words = f"{headline} of each try, in the order in which they were begun, and the best so far."
    return _drawn("History", _too_few(study, 2), words, draw)


def _drawn_parallel(study: optuna.Study, headline: str) -> Picture:
    every, params = varied(study), parallel_axes(study)

    def draw() -> Axes:
        axes = plots.plot_parallel_coordinate(study, params, target_name=headline)
        figure = axes.figure
        figure.set_size_inches(max(9.5, 2.4 * len(params) + 3), 5.2)
        axes.set_title("")
        for each in figure.axes:
            for label in each.get_yticklabels():  # they stand on the lines
                label.set_bbox({"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1})
        lines = next(found for each in figure.axes for found in each.collections if isinstance(found, LineCollection))
        shades = np.linspace(0.25, 1, 64) if study.direction.name == "MAXIMIZE" else np.linspace(0, 0.75, 64)
        lines.set_cmap(ListedColormap(lines.get_cmap()(shades)))  # none of them as light as the paper
        bar = next(each for each in figure.axes if each.get_label() == "<colorbar>")
        place = bar.get_position()
        bar.set_position((place.x0 + 0.08, place.y0, place.width, place.height))  # away from the last labels
        return axes

    side = "higher" if study.direction.name == "MAXIMIZE" else "lower"
    why_not = _too_few(study, 2) or ("" if len(params) > 1 else "fewer than two of the study's parameters vary")
    words = f"A line a try; the darker, the {side} its {headline}."
    words += f" Of {len(every)} parameters, the {len(params)} that mattered most." if params != every else ""
    return _drawn("Parameters of each try", why_not, words, draw)


def _drawn_importances(study: optuna.Study, headline: str) -> Picture:
    params = varied(study)

    def draw() -> Axes:
        evaluator = PedAnovaImportanceEvaluator()
        axes = plots.plot_param_importances(study, evaluator=evaluator, params=params, target_name=headline)
        axes.figure.set_size_inches(9.5, 1.6 + 0.45 * len(params))
        axes.set_title("", loc="left")
        axes.legend().remove()
        axes.margins(x=0.1)
        for text in axes.texts:
            text.set_text(f"  {text.get_text()}")
        return axes

    words = f"How much each parameter tells the best tenth by {headline} from all tries, by PED-ANOVA (arXiv "
    words += "2304.10255), as shares of 1; of a few dozen tries no more than a hint."
    why_not = _too_few(study, ENOUGH) or ("" if params else "none of the study's parameters varies")
    return _drawn("What mattered", why_not, words, draw)


def _too_few(study: optuna.Study, least: int) -> str:
    whole = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    words = f"it takes {least} tries that were trained to their end, and there are {whole} of them"
    return "" if whole >= least else words


def _drawn(title: str, why_not: str, words: str, plot: Callable[[], Axes]) -> Picture:
    if why_not:
        return Picture(title, None, why_not)
    with matplotlib.rc_context():  # optuna sets a style for good
        matplotlib.use("agg")
        axes = plot()
        file = io.BytesIO()
        axes.figure.savefig(file, format="png", dpi=DPI, bbox_inches="tight")
        matplotlib.pyplot.close(axes.figure)
    return Picture(title, file.getvalue(), words)
