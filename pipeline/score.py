"""score: the zip judged as the server would, against the index."""

from pathlib import Path
from typing import Literal

from pipeline.dataset.index_table import BOX, FILE, rows_of
from pipeline.engine.trained import data_of, run_config
from pipeline.errors import UserError, offenders
from pipeline.files import file_hash, write_json
from pipeline.index import ensure_index
from pipeline.package import efficiency_of, package
from pipeline.predict import predict
from pipeline.progress import say
from pipeline.run_folder import Run, find_data, find_run, recorded
from pipeline.tracks.spark2026 import SIZE, submission
from pipeline.tracks.spark2026 import score as judge

TOLERANCE = 0.005  # relative, between declared and recounted compute
WORDS = {
    "s_cls": "class accuracy",
    "s_det": "share of boxes above IoU 0.50 ... 0.95",
    "s_seg": "the same of body and panel masks (SPARK 2024 rule: an assumption)",
    "s_acc": "0.4 seg + 0.4 det + 0.2 cls",
    "s_flops": "1 - GMAC / 100",
    "s_params": "1 - Mparam / 30",
    "s_final": "0.70 acc + 0.15 flops + 0.15 params",
}


def score(
    run: str | None = None,
    data: Path | None = None,
    split: Literal["train", "tune", "val", "test"] = "val",
    tta: Literal["none", "hflip", "flips", "d4"] | None = None,
    zip: Path | None = None,
) -> dict:
    """Score a zip as the server would: accuracy from its answers and the index, compute recounted from the run.

    Predicts and packages first where that is missing.

    Args:
        run: name of a trained run; default: the newest
        data: folder of the data set; default: the one the run was trained on
        split: which images; they need labels
        tta: views averaged; default: those of the run's newest predictions, else none
        zip: a zip of anybody's instead of a run's; its compute is taken as declared, the score put beside it

    Example:
        ./run.sh score

    Returns:
        The figures, as in score.json; None where there is no truth to judge by.
    """
    if zip is not None and run is None:
        chosen = None
        folder = find_data(data)
    else:
        chosen = find_run(run)
        folder = data_of(chosen, data)
    truth = rows_of(ensure_index(folder), (split,))
    labelled = truth["class_index"].ge(0) | truth[BOX].notna().all(axis=1) | truth["body_rle"].notna()
    if not labelled.any():
        raise UserError(f"split {split} of {folder} has no labels: it can be packaged, not scored.")
    odd = truth[truth["body_rle"].notna() & (truth[["height", "width"]] != SIZE).any(axis=1)]
    if len(odd):
        listed = offenders([f"{row.image_id}: {row.width}x{row.height}" for row in odd.itertuples()])
        raise UserError(f"answers are {SIZE}x{SIZE}, and the truth of {split} is not:\n{listed}")
    path = zip if zip is not None else _zip_of(chosen, folder, split, tta)
    given, declared = submission.read(path, truth["image_id"].tolist())
    compute = _compute(chosen, declared)
    figures = _figures(judge.accuracy(judge.per_image(truth, given)), compute)
    content = figures | {"split": split, "data": str(folder), "zip": path.name}
    if zip is not None:
        write_json(path.with_suffix(".score.json"), content)
    else:
        with recorded(path.parent, "score", zip_hash=file_hash(path), index_hash=file_hash(folder / FILE)):
            write_json(path.with_name("score.json"), content)
    _show(figures, split)
    if chosen is not None and _was_fitted_on(chosen, folder, split):
        say(f"note: this run was fitted on {split}; the score says nothing about new images")
    return figures


def _zip_of(run: Run, folder: Path, split: str, tta: str | None) -> Path:
    """The run's zip as it lies there; made first where it is missing. Raises UserError where its weights are older."""
    place = run.answers(folder, split, tta or run.tta_used(folder, split) or "none")
    if place.zip.exists():
        return predict(run.name, folder, split, place.tta).zip
    return package(run.name, folder, split, place.tta).zip


def _compute(run: Run | None, declared: dict) -> dict:
    """GMAC and parameters that count. Raises UserError where the zip's are not what the run's are counted to be."""
    if run is None:
        return {"gmac": declared["gmac"], "mparams": declared["mparams"], "compute": "declared, not recounted"}
    counted = efficiency_of(run)
    for name in ("gmac", "mparams"):
        if abs(declared[name] - counted[name]) > TOLERANCE * counted[name]:
            raise UserError(
                f"the zip declares {name} {declared[name]:g}, the run {run.name!r} counts {counted[name]:g}; "
                "more than 0.5 % apart. Package it again."
            )
    return {"gmac": counted["gmac"], "mparams": counted["mparams"], "compute": "recounted from the run"}


def _figures(accuracy: dict, compute: dict) -> dict:
    gmac, mparams, s_acc = compute["gmac"], compute["mparams"], accuracy["s_acc"]
    return {
        **{name: accuracy[name] for name in ("s_cls", "s_det", "s_seg", "s_acc")},
        "s_flops": judge.s_flops(gmac),
        "s_params": judge.s_params(mparams),
        "s_final": None if s_acc is None else judge.s_final(s_acc, gmac, mparams),
        **{name: accuracy[name] for name in ("images", "mean_box_iou", "mean_body_iou", "mean_panel_iou")},
        **compute,
    }


def _was_fitted_on(run: Run, folder: Path, split: str) -> bool:
    config, said = run_config(run)
    return Path(said["data"]).resolve() == folder.resolve() and split in config.fit_on.split("+")


def _show(figures: dict, split: str) -> None:
    for name, words in WORDS.items():
        say(f"{name:9} {_number(figures[name])}  {words}")
    means = ", ".join(f"{part} {_number(figures[f'mean_{part}_iou'])}" for part in ("box", "body", "panel"))
    say(f"mean IoU: {means}; {figures['images']} images of {split}")
    say(f"{figures['gmac']:.3f} GMAC, {figures['mparams']:.3f} M parameters, {figures['compute']}")


def _number(value: float | None) -> str:
    return "   n/a" if value is None else f"{value:.4f}"
