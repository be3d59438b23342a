"""search architectures: every pair of encoder and decoder, trained alike on the same images, and compared."""

from dataclasses import replace
from pathlib import Path

from pipeline.config import config_of, refuse_impossible
from pipeline.contracts import Track
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.progress import progress, say
from pipeline.run_folder import find_data
from pipeline.search.architectures import ENCODERS, Architecture, counted, grid, refuse_none, space
from pipeline.search.architectures_page import Told, page, points
from pipeline.search.constant import constant
from pipeline.search.pareto_picture import draw_pareto
from pipeline.search.study import Outcome, Terms, begun
from pipeline.search.told import Teller, ranked
from pipeline.search.trial import Sets, code_of
from pipeline.search.winner import write_recipe
from pipeline.search.work import done
from pipeline.settings import Config, budgeted, flat
from pipeline.tracks import track_named


def search_architectures(
    config: Config,
    recipe: str = "segformer_b0",
    data: Path | None = None,
    encoders: str = ENCODERS,
    decoders: str | None = None,
    sizes: str | None = None,
    budget: int = 2000,
    epochs: int = 4,
    top: int = 3,
    most_gmac: float | None = None,
    most_mparams: float | None = None,
    run: str = "search-architectures",
    study: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Train every pair of encoder and decoder alike on the same images, and write table, picture and best recipes.

    Everything but encoder, decoder and size is the recipe's; a width or list of channels is given to decoders that
    take it. All are counted before the first is trained: pairs and sizes that cannot be, and what is over the budget,
    are lines of the table and cost nothing. Figures are of `tune`, by the weights that are best there. Killed anywhere,
    the same command resumes with the training that was cut off; other lists or another budget are another search.

    Args:
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        data: folder of the data set
        encoders: with commas between
        decoders: with commas between; any of segmentation-models-pytorch's, tv-deeplabv3, tv-fcn, pyramid; default:
            unet,segformer,deeplabv3plus,fpn,pan,pspnet,linknet, where the track's networks have a choice
        sizes: with commas between; 160 looks once, 512/64/96 is given 512 px and looks twice, at 64 px and at 96 px;
            default: the recipe's
        budget: images seen by each training
        epochs: times that each is judged on the way
        top: how many of the best become recipes
        most_gmac: 10^9 multiply-accumulates of one image, above which nothing is trained; default: the track's limit,
            if it has one
        most_mparams: millions of parameters, likewise
        run: name of the study, and of the folder in submissions/ for what is written
        study: URL of the database that other workers share; default: a SQLite file in that folder
        overwrite: delete the study of this name first

    Raises:
        UserError: names that nothing knows, nothing that can be trained, or a data set that cannot be trained on

    Example:
        ./run.sh search architectures --data data/sim --encoders mit_b0,mobileone_s1 --sizes 160,512/64/96

    Returns:
        The table.
    """
    if top < 1:
        raise UserError(f"--top {top}: expected 1 or more.")
    track = track_named(config.track)
    base = config_of(flat(config) | budgeted(budget, epochs))
    refuse_impossible(base)
    pairs = grid(base, encoders, decoders, sizes)
    rows = Sets.of(track, find_data(data))
    wanted = [
        counted(track, base, one, most_gmac, most_mparams)
        for one in progress(pairs, len(pairs), "counted before training", "networks")
    ]
    refuse_none(wanted)
    tries = [one.wanted for one in wanted if not one.refused]
    said = f"Each sees {budget} images, of the {len(rows.fit)} of {rows.folder}, with the settings of {recipe}, and is "
    said += f"judged {epochs} times on the way; figures of the {len(rows.tune)} images of tune."
    report = ["--run", run, *(["--study", study] if study else [])]
    told = Told(said, rows.folder, constant(track, rows.fit, rows.tune), report)
    _say_plan(wanted, told)
    terms = Terms(track.name, flat(base), rows.hashes, code_of(track), space=space(wanted))
    tell = Teller(len(tries), track.selects[1])
    with begun(run, study, terms, overwrite) as (folder, at_work):
        for ended in done(at_work, terms, rows, tries):
            tell(ended)
            recipes = _write_best(folder, track, config, ended, top)
            write_text(folder / "architectures.md", page(track, wanted, ended, replace(told, recipes=recipes)))
            if found := points(track, wanted, ended):
                draw_pareto(folder / "pareto.png", track, list(found.values()))
    say(f"written: {folder / 'architectures.md'}, with pareto.png and {len(recipes)} recipes beside it")
    return folder / "architectures.md"


def _say_plan(wanted: list[Architecture], told: Told) -> None:
    refused = [one for one in wanted if one.refused]
    say(f"search: {len(wanted) - len(refused)} trainings. {told.said}")
    for one in refused:
        say(f"not trained: {one.name}, {one.refused}")


def _write_best(folder: Path, track: Track, config: Config, ended: list[Outcome], top: int) -> list[Path]:
    """The best as recipes, with the epochs of the config that the search began from; those of before are replaced."""
    paths = []
    for place, one in enumerate(ranked(ended, track.selects[1])[:top], start=1):
        paths.append(folder / f"top-{place}.yaml")
        words = f"{one.name}: place {place} of {folder.name}, {track.judge.headline} {one.value:.4f} on tune"
        write_recipe(paths[-1], config_of(flat(config) | one.values), words)
    for stale in set(folder.glob("top-*.yaml")) - set(paths):
        stale.unlink()
    return paths
