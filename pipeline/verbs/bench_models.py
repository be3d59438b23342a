"""Networks on the same images: rows of a YAML are trained and judged, and written down as a table."""

import platform
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from pipeline.config import RECIPES, config_of, recipe_values, refuse_unknown
from pipeline.engine.resume import is_finished
from pipeline.files import write_text
from pipeline.judging.bootstrap import interval
from pipeline.models.cost import gmac, mparams
from pipeline.processes import cores
from pipeline.progress import say
from pipeline.run_folder import Run, manifest_of, run_named
from pipeline.settings import flat
from pipeline.stages.scored import scored, truth_of
from pipeline.stages.trained import Trained
from pipeline.tracks import track_named
from pipeline.verbs.simulate import simulate
from pipeline.verbs.train import train
from pipeline.yaml_files import read_yaml

FIGURES = ("s_cls", "s_det", "s_seg", "s_acc", "s_final")
VIEWS = ("none", "d4")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: of it, and with a seed of its runs
        words: what it is
        recipe: its recipe
        values: what is changed of the recipe, by dotted name
        published: what is changed again to count parameters and compute at the published size
        seeds: a training each
        against: names of rows whose S_final it is compared with
    """

    name: str
    words: str
    recipe: str
    values: dict = field(default_factory=dict)
    published: dict = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    against: tuple[str, ...] = ()


class Result(NamedTuple):
    """What a row gave; figures and draws by set and views, the mean of its seeds.

    Attributes:
        figures: of the judge
        draws: the same over resamples of the images, (draws,) each
        compute: gmac and mparams at the published size
        minutes: to train
        ms: to predict one image, reading it included
    """

    figures: dict[tuple[str, str], dict[str, float]]
    draws: dict[tuple[str, str], dict[str, np.ndarray]]
    compute: dict[str, float]
    minutes: float
    ms: float


def bench_models(table: Path | None, only: list[str] | None, out: Path | None) -> dict[str, dict]:
    """Train what is not trained yet, judge all that is, and write the table after every row.

    Args:
        table: a YAML: `sets` (name -> options of simulate; the first is trained on), `values` of every row, and `rows`
        only: names of rows that may be trained now; None: all
        out: the file to write

    Returns:
        By row: its Result.

    Raises:
        UserError: a mistake in the table, or what simulate, train, predict and score raise.
    """
    said, out = read_yaml(table or RECIPES / "table.yml"), out or RECIPES / "RESULTS.md"
    rows = [_row(entry, said.get("values", {})) for entry in said["rows"]]
    names = [row.name for row in rows]
    for chosen, what in ((only or [], "row"), ([name for row in rows for name in row.against], "row to compare with:")):
        refuse_unknown(chosen, names, what)
    sets = {name: _made(name, options) for name, options in said["sets"].items()}
    found: dict[str, Result] = {}
    for row in rows:
        if only is None or row.name in only:
            for seed in row.seeds:
                _train(row, seed, next(iter(sets.values())))
        if all(is_finished(_run(row, seed)) for seed in row.seeds):
            found[row.name] = _judged(row, sets)
            write_text(out, page(said["title"], rows, found))
            say(f"{row.name}: written to {out}")
    return found


def _row(entry: dict, shared: dict) -> Row:
    refuse_unknown(list(entry), [each.name for each in fields(Row)], "key of a row:")
    lists = {name: tuple(entry[name]) for name in ("seeds", "against") if name in entry}
    values = {"values": flat(shared) | flat(entry.get("values", {})), "published": flat(entry.get("published", {}))}
    return Row(**entry | lists | values)


def _made(name: str, options: dict) -> Path:
    folder = Path("data") / name
    simulate(folder, **options)
    return folder


def _run(row: Row, seed: int) -> Run:
    return run_named(f"{row.name}-{seed}")


def _train(row: Row, seed: int, folder: Path) -> None:
    run = _run(row, seed)
    if is_finished(run):
        say(f"trained already: {run.folder}")
    else:
        train(config_of(recipe_values(row.recipe) | row.values | {"seed": seed}), row.recipe, folder, run.name)


def _judged(row: Row, sets: dict[str, Path]) -> Result:
    """A row's runs on every set with every view, their compute counted at the published size."""
    config = config_of(recipe_values(row.recipe) | row.values | row.published)
    network = track_named(config.track).task.network(config, load_weights=False)
    compute = {"gmac": gmac(network, network.example_input()), "mparams": mparams(network), "compute": "as published"}
    figures, draws, seconds = {}, {}, []
    for name, folder in sets.items():
        for views in VIEWS:
            judged = []
            for seed in row.seeds:
                run = _run(row, seed)
                trained = Trained.named(run.name)
                truth = truth_of(trained.track, folder, "val")
                one = scored(trained, folder, truth, "val", views, trained.track, trained.track.judge.Rules())
                judged.append(replace(one, compute=compute))
                if views == "none":
                    took = manifest_of(run.answers(folder, "val", views).folder, "predict")["seconds"]
                    seconds.append(took / len(truth))
            figures[name, views] = {each: np.mean([one.figures()[each] for one in judged]) for each in FIGURES}
            drawn = [one.draws() for one in judged]
            draws[name, views] = {each: np.mean([one[each] for one in drawn], axis=0) for each in FIGURES}
    minutes = [manifest_of(_run(row, seed).folder, "train")["seconds"] / 60 for seed in row.seeds]
    return Result(figures, draws, compute, float(np.mean(minutes)), 1000 * float(np.mean(seconds)))


def page(title: str, rows: list[Row], found: dict[str, Result]) -> str:
    """The table as Markdown: a section for each set and views, what the rows cost, and the differences."""
    by_name = {row.name: row for row in rows}
    lines = [f"# {title}", "", f"Simulated images, all of them; {_machine()}. Written by `./run.sh bench models`."]
    for of in next(iter(found.values())).figures:
        lines += ["", f"## {of[0]}, views {of[1]}", "", *_head("row", *FIGURES, "95 % of s_final")]
        for name, result in found.items():
            low, high = interval(result.draws[of]["s_final"])
            figures = [f"{result.figures[of][each]:.3f}" for each in FIGURES]
            lines.append(_line(name, *figures, f"{low:.3f} to {high:.3f}"))
    lines += ["", "## What they cost", "", "Parameters and compute at the published size.", ""]
    lines += _head(
        "row", "what", "seeds", "M params", "GMAC", "minutes to train", "ms to predict an image, from its file"
    )
    for name, (_, _, compute, minutes, ms) in found.items():
        spent = [f"{compute['mparams']:.3f}", f"{compute['gmac']:.3f}", f"{minutes:.1f}", f"{ms:.0f}"]
        lines.append(_line(name, by_name[name].words, str(len(by_name[name].seeds)), *spent))
    lines += ["", "## s_final less that of another row, on the same images, with 95 % intervals", ""]
    for name, result in found.items():
        for other in by_name[name].against:
            if other in found:
                lines.append(f"- {name} less {other}: {'; '.join(_differences(result, found[other]))}")
    return "\n".join(lines) + "\n"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*names: str) -> list[str]:
    return [_line(*names), _line(*("---" for _ in names))]


def _differences(one: Result, other: Result) -> list[str]:
    said = []
    for of in one.figures:
        low, high = interval(one.draws[of]["s_final"] - other.draws[of]["s_final"])
        value = one.figures[of]["s_final"] - other.figures[of]["s_final"]
        said.append(f"{of[0]} {of[1]} {value:+.3f} ({low:+.3f} to {high:+.3f})")
    return said


def _machine() -> str:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{cores()} CPU cores"
    return f"{platform.machine()}, {device}, torch {torch.__version__}"
