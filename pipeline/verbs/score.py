"""score: the zip judged as the server would, against the index, with intervals, and against another one."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline.contracts import NO_COMPUTE, Track
from pipeline.dataset.index_table import rows_hash
from pipeline.errors import UserError
from pipeline.files import write_json
from pipeline.judging import tables
from pipeline.judging.coco import average_precision
from pipeline.judging.judged import Judged
from pipeline.locks import alone_in
from pipeline.processes import cores, spread
from pipeline.progress import say
from pipeline.run_folder import Run, find_data, recorded
from pipeline.stages.scored import scored, truth_of
from pipeline.stages.trained import Trained, seen_by
from pipeline.tracks import DEFAULT, track_named

LARGEST = 4096  # pixels, of a ceiling's working size


def score(
    run: str | None = None,
    versus: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: str | None = None,
    track: str | None = None,
    rules: object | None = None,
    compare_rules: bool = False,
    details: bool = False,
    coco: bool = False,
    ceiling: bool = False,
    size: int = 512,
    stride: int = 4,
) -> dict:
    """Score a zip as the server would: accuracy from its answers and the index, compute recounted from the run.

    Predicts and packages first where that is missing. In brackets 95 % intervals: the images drawn again with
    replacement, 2,000 times; none of what fewer than 10 decide. A run's figures go to score.json beside its zip.

    Args:
        run: name of a trained run, or path of anybody's zip, whose compute is taken as declared; default: the newest
        versus: another run or zip to compare with on the same images: differences with paired intervals
        data: folder of the data set; default: the one the run was trained on
        split: which images; they need labels
        tta: views averaged; default: those last asked for, else none
        track: the competition whose judge and format it is; default: the one the run was trained for
        rules: what the organisers have not published
        compare_rules: also print the last figure with each rule changed, and its lowest and highest over all rules
        details: also print figures by class and by size of craft, the confusion matrix and the worst images
        coco: also print COCOeval's average precision
        ceiling: judge no answers but truth itself, pushed through JPEG, RLE and smaller masks: what is lost before any
            model errs
        size: working size of the ceiling, pixels
        stride: of the ceiling's masks: they have size / stride pixels

    Raises:
        UserError: there is no run, zip or data set, no labels, a zip that is not valid, or an option that the track
            does not have

    Example:
        ./run.sh score

    Returns:
        The figures, as in score.json; None where there is no truth to judge by.
    """
    uploads = (".zip", Path(track_named(track or DEFAULT).upload.name).suffix)
    trained = None if _is_file(run, uploads) else Trained.named(run) if run or not ceiling else None
    other = None if versus is None or _is_file(versus, uploads) else Trained.named(versus)
    form = trained.track if trained and track is None else track_named(track or DEFAULT)
    rules = _rules_of(form, rules)
    if ceiling and (versus or details or coco or compare_rules):
        raise UserError("--ceiling judges truth alone: leave out the second run and the other switches.")
    folder = find_data(data) if trained is None else trained.data(data)
    truth = truth_of(form, folder, split)
    if ceiling:
        return _ceilings(form, truth, rules, size, stride)

    def judge(name: str | None, of: Trained | None) -> Judged:
        if of is None:
            return Judged.of(form, Path(name), truth, rules)
        return scored(of, folder, truth, split, of.views(folder, split, tta), form, rules)

    first = judge(run, trained)
    content = first.content() | {"split": split, "data": str(folder)}
    say(tables.card(content, form.judge.words, form.judge.aside(content), first.zip))
    for note in first.notes:
        say(f"note: {note}")
    for one in filter(None, (trained, other)):
        _warn(one.run, truth, split)
    if trained is not None:
        _write(first, content, "score" if form is trained.track else f"score_{form.name}")
    if details:
        say(tables.details(content, form))
    if coco:
        _show_coco(first)
    if compare_rules:
        say(tables.rules(form.judge.headline, first.figures()[form.judge.headline], *first.other_rules()))
    if versus is not None:
        say(tables.difference(first, judge(versus, other)))
    return content


def _is_file(name: str | None, endings: tuple[str, ...]) -> bool:
    """Whether it names somebody's upload, and no run."""
    return name is not None and name.lower().endswith(endings)


def _rules_of(track: Track, rules: object | None) -> object:
    """The rules as the track's judge takes them. Raises UserError for a change of one that it does not have."""
    if rules is None or isinstance(rules, track.judge.Rules):
        return rules or track.judge.Rules()
    known = {field.name for field in fields(track.judge.Rules)}
    assumed = type(rules)()
    changed = {name: value for name, value in asdict(rules).items() if value != getattr(assumed, name)}
    if odd := [name for name in changed if name not in known]:
        raise UserError(f"--rules.{odd[0].replace('_', '-')} is no rule of track {track.name}.")
    return track.judge.Rules(**changed)


def _write(judged: Judged, content: dict, name: str) -> None:
    folder = judged.zip.parent
    facts = {"zip_hash": judged.zip_hash, "truth_hash": rows_hash(judged.truth)}
    with alone_in(folder, "score"), recorded(folder, name, **facts):
        write_json(folder / f"{name}.json", content)


def _warn(run: Run, truth: pd.DataFrame, split: str) -> None:
    """Say where the run has seen the images before, wherever they lay then."""
    seen = seen_by(run)
    if seen is None:
        say(f"note: run {run.name} does not say which images it was fitted on; see that these are others")
        return
    for use, words, so in (
        ("fit", f"{run.name} was fitted on", "the score says nothing about new images"),
        ("tune", f"the weights of {run.name} were selected on", "the score is too high for new images"),
    ):
        count = truth["content_hash"].isin(seen.loc[seen["use"] == use, "content_hash"]).sum()
        if count:
            say(f"note: {words} {count} of these {len(truth)} images of {split}; {so}")


def _show_coco(judged: Judged) -> None:
    if judged.track.coco is None:
        raise UserError(f"--coco: truth of track {judged.track.name} has no COCO form.")
    truth = judged.track.coco(judged.truth)
    for kind, results in judged.track.upload.results(judged.zip, judged.given).items():
        if truth[kind]["annotations"]:
            say(f"COCOeval {kind}: {tables.named(average_precision(truth[kind], results, kind))}")


def _ceilings(track: Track, truth: pd.DataFrame, rules: object, size: int, stride: int) -> dict:
    """Print and return the figures of truth itself in the forms that answers take."""
    if track.ceilings is None:
        raise UserError(f"--ceiling: answers of track {track.name} have no such forms.")
    if not 1 <= stride <= size <= LARGEST:
        raise UserError(f"--size {size} --stride {stride}: expected 1 <= stride <= size <= {LARGEST}.")
    truth = truth[track.reader.usable(truth)].reset_index(drop=True)
    if truth.empty:
        raise UserError("these images have no masks; a ceiling needs them.")
    found = {}
    for form, push in track.ceilings(size, stride).items():
        rows = list(spread(push, [row for _, row in truth.iterrows()], cores(), chunk=8))
        given = truth[["image_id", "class_index"]].join(pd.DataFrame(rows))
        figures = track.figures(track.judge.per_image(truth, given), rules, NO_COMPUTE)
        found[form] = {name: figures[name] for name in track.judge.accuracy}
    say(tables.grid("truth itself through", found))
    return found
