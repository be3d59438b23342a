"""Networks on the same images: rows of a YAML are trained and judged, and written down as a table."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from pipeline.config import RECIPES, config_of, recipe_values, refuse_unknown
from pipeline.contracts import Track
from pipeline.engine.resume import is_finished
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.models.cost import gmac, mparams
from pipeline.models.fused import fused
from pipeline.progress import say
from pipeline.run_folder import Run, manifest_of, run_named
from pipeline.settings import flat
from pipeline.stages.scored import scored, truth_of
from pipeline.stages.trained import Trained
from pipeline.tracks import track_named
from pipeline.verbs.bench_results import DRAWS, Result, page, results_in
from pipeline.verbs.simulate import simulate
from pipeline.verbs.train import train
from pipeline.yaml_files import read_yaml


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: of it, and with a seed of its runs
        words: what it is
        recipe: its recipe
        values: of the recipe, the table and itself, the later before the earlier, by dotted name
        published: what is changed again to count parameters and compute at the published size
        seeds: a training each
        views: of test time, each judged by itself
        against: names of rows whose score it is compared with
    """

    name: str
    words: str
    recipe: str
    values: dict = field(default_factory=dict)
    published: dict = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    views: tuple[str, ...] = ("none", "d4")
    against: tuple[str, ...] = ()

    def said(self, sets: dict) -> dict:
        """All that decides its figures, but the code: kept with them, and compared."""
        own = {name: list(getattr(self, name)) for name in ("seeds", "views")}
        return {"values": self.values, "published": self.published, **own, "sets": sets}

    def run(self, seed: int) -> Run:
        """Of one of its trainings."""
        return run_named(f"{self.name}-{seed}")


def bench_models(table: Path | None = None, only: str | None = None, out: Path | None = None) -> dict[str, Result]:
    """Train and judge the rows of a table that have no results yet, and write the table after every row.

    All are trained on the same simulated images, and judged there and in another domain. Results lie in the folder
    `results` beside the table that is written, a file for each row; rows that have one are taken from it, in another
    checkout too. Killed anywhere, the same command resumes.

    Args:
        table: a YAML of title, note, sets (name -> options of simulate; the first is trained on), values of every row,
            and rows; default: pipeline/recipes/table.yml
        only: names of rows that may be trained now, with commas between; default: all
        out: the file that is written; default: pipeline/recipes/RESULTS.md

    Raises:
        UserError: a mistake in the table, a row that is not what its results were made from, or what simulate, train,
            predict and score raise

    Example:
        ./run.sh bench models --only two-looks

    Returns:
        Results by row.
    """
    chosen = only.split(",") if only else []
    path, out = table or RECIPES / "table.yml", out or RECIPES / "RESULTS.md"
    said = read_yaml(path)
    if missing := [key for key in ("title", "sets", "rows") if not said.get(key)]:
        raise UserError(f"{path} lacks {', '.join(missing)}; pipeline/recipes/table.yml has all that a table needs.")
    rows = [_row(entry, said.get("values", {})) for entry in said["rows"]]
    names = [row.name for row in rows]
    refuse_unknown(chosen, names, "row")
    refuse_unknown([name for row in rows for name in row.against], names, "row to compare with:")
    found = results_in(out.parent / "results")
    _refuse_changed(rows, found, said["sets"], out.parent / "results")
    for row in rows:
        if row.name in found:  # its words may have changed
            found[row.name] = replace(found[row.name], words=row.words, against=list(row.against))
    if found:
        write_text(out, page(said["title"], said.get("note", ""), names, found))
    wanted = [row for row in rows if row.name not in found and (not chosen or row.name in chosen)]
    sets = {name: _made(name, options) for name, options in said["sets"].items()} if wanted else {}
    for row in wanted:
        for seed in row.seeds:
            _train(row, seed, next(iter(sets.values())))
        found[row.name] = _judged(row, sets, row.said(said["sets"]))
        found[row.name].write(out.parent / "results")
        write_text(out, page(said["title"], said.get("note", ""), names, found))
        say(f"{row.name}: written to {out}")
    return found


def _row(entry: dict, shared: dict) -> Row:
    refuse_unknown(list(entry), [each.name for each in fields(Row)], "key of a row:")
    if missing := [name for name in ("name", "words", "recipe") if name not in entry]:
        raise UserError(f"row {entry.get('name', entry)} of the table lacks {', '.join(missing)}.")
    lists = {name: tuple(entry[name]) for name in ("seeds", "views", "against") if name in entry}
    values = recipe_values(entry["recipe"]) | flat(shared) | flat(entry.get("values", {}))
    return Row(**entry | lists | {"values": values, "published": flat(entry.get("published", {}))})


def _refuse_changed(rows: list[Row], found: dict[str, Result], sets: dict, folder: Path) -> None:
    """Raise UserError where a row that has results would give others today."""
    changed = []
    for row in rows:
        was, now = (flat(found[row.name].said) if row.name in found else {}), flat(row.said(sets))
        keys = [key for key in {**was, **now} if was and was.get(key) != now.get(key)]
        changed += [f"{row.name}: {key} {was.get(key)} -> {now.get(key)}" for key in keys]
    if changed:
        raise UserError(
            f"rows of the table are not what their results in {folder} were made from; rename such a row, or delete "
            "its results and its runs to train it again:\n" + "\n".join(changed)
        )


def _made(name: str, options: dict) -> Path:
    folder = Path("data") / name
    simulate(folder, **options)
    return folder


def _train(row: Row, seed: int, folder: Path) -> None:
    run = row.run(seed)
    if is_finished(run):
        say(f"trained already: {run.folder}")
    else:
        train(config_of(row.values | {"seed": seed}), row.recipe, folder, run.name)


def _judged(row: Row, sets: dict[str, Path], said: dict) -> Result:
    """A row's runs on every set with all its views, their compute counted at the published size."""
    config = config_of(row.values | row.published)
    track = track_named(config.track)
    network = fused(track.task.network(config, load_weights=False))
    compute = {"gmac": gmac(network, network.example_input()), "mparams": mparams(network), "compute": "as published"}
    trainings = [manifest_of(row.run(seed).folder, "train") for seed in row.seeds]
    return Result(
        name=row.name,
        words=row.words,
        said=said,
        against=list(row.against),
        headline=track.judge.headline,
        judged={
            f"{name}, views {views}": {
                str(seed): _figures(track, row.run(seed).name, folder, views, compute) for seed in row.seeds
            }
            for name, folder in sets.items()
            for views in row.views
        },
        mparams=round(compute["mparams"], 4),
        gmac=round(compute["gmac"], 4),
        minutes=[None if made["resumed_after"] else round(made["seconds"] / 60, 1) for made in trainings],
        machine=trainings[0]["machine"],
        commit=trainings[0]["git_commit"],
    )


def _figures(track: Track, run: str, folder: Path, views: str, compute: dict) -> dict:
    """A run's figures on a set, its score over resamples, and milliseconds an image, None where it was interrupted."""
    trained = Trained.named(run)
    truth = truth_of(track, folder, "val")
    one = replace(scored(trained, folder, truth, "val", views, track, track.judge.Rules()), compute=compute)
    figures, score = one.figures(), track.judge.headline
    names = dict.fromkeys((*track.judge.accuracy, score))
    made = manifest_of(trained.run.answers(folder, "val", views).folder, "predict")
    return {
        "figures": {name: round(figures[name], 4) for name in names},
        "draws": " ".join(f"{10_000 * value:.0f}" for value in one.draws()[score][:DRAWS]),
        "ms": None if made["resumed_after"] else round(1000 * made["seconds"] / len(truth), 1),
    }
