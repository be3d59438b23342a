"""May a training of this name begin, or resume, and from what."""

from pipeline.engine.checkpoints import load_last
from pipeline.errors import UserError
from pipeline.locks import FILE as LOCK
from pipeline.progress import say
from pipeline.run_folder import Run, manifest_of
from pipeline.settings import flat
from pipeline.sources import differences
from pipeline.yaml_files import read_yaml


def is_finished(run: Run) -> bool:
    """Whether a run of this name has done all its epochs."""
    return "epochs" in manifest_of(run.folder, "train")


def state_of(run: Run, wanted: dict, made_from: dict, overwrite: bool) -> dict | None:
    """The checkpoint of an unfinished run of this very config and data; None where a new one may begin.

    Args:
        run: its folder
        wanted: what its config.yaml is to say
        made_from: index_hash; code: hashes of source files
        overwrite: whether what is there may be deleted; this very training, of this very code, is not

    Raises:
        UserError: another run, or a finished one, is there, and not to be overwritten.
    """
    if not run.config.exists():
        if any(path.name != LOCK for path in run.folder.iterdir()):
            raise UserError(f"{run.folder} holds files that are no run's. Choose another --run.")
        return None
    try:
        begun = _begun(run, wanted, made_from)
    except UserError:
        if overwrite:
            return None
        raise
    other = begun and differences({"code": begun.get("code")}, {"code": made_from["code"]})
    if other and overwrite:
        return None
    if other:
        say(f"note: begun with other code ({'; '.join(other[:3])}); --overwrite begins anew with this")
    return begun


def _begun(run: Run, wanted: dict, made_from: dict) -> dict | None:
    """The checkpoint; None where none was kept yet. Raises UserError where the run is another, finished or damaged."""
    finished = is_finished(run)
    if not (finished or run.last.exists() or run.best.exists()):
        return None
    was, now = flat(read_yaml(run.config)), flat(wanted)
    changed = [
        f"{name} {was.get(name)} -> {now.get(name)}"
        for name in {**was, **now}
        if was.get(name) != now.get(name) and not name.startswith("loader.") and name != "data"
    ]
    begun = load_last(run.last) if run.last.exists() and not finished else None
    refusal = None
    if changed:
        refusal = f"run {run.name!r} was begun with another config: {'; '.join(changed[:5])}."
    elif finished:
        refusal = f"run {run.name!r} is finished ({wanted['optim']['epochs']} epochs)."
    elif begun is None:  # killed as it kept its first epoch
        return None
    elif begun.get("index_hash") != made_from["index_hash"]:
        refusal = f"{wanted['data']} has changed since run {run.name!r} was begun."
    if refusal:
        raise UserError(f"{refusal} Choose another --run, or --overwrite to delete {run.folder}.")
    return begun
