"""Tries of a study, trained: by the search that wants them, and by workers beside it, here or on other machines."""

import time
import zlib
from collections.abc import Iterator, Sequence
from functools import partial

import optuna
from optuna.trial import FrozenTrial, TrialState

from pipeline.config import config_of, refuse_impossible
from pipeline.engine.training import balance_of
from pipeline.errors import UserError, reason
from pipeline.progress import say
from pipeline.search.study import ENDED, Outcome, Terms, Try, bury, closed, outcomes, put, this_worker, waiting
from pipeline.search.trial import Sets, best_way, code_of, trained
from pipeline.tracks import track_named

POLL_S = 2  # between two looks at what others have done


def done(study: optuna.Study, terms: Terms, sets: Sets, tries: Sequence[Try]) -> Iterator[list[Outcome]]:
    """Have tries trained, here and by any other worker; those that have ended, in their order, whenever there are more.

    What a killed worker was at is tried again.
    """
    said = -1
    while True:
        bury(study)
        ended = outcomes(study, tries)
        if len(ended) != said:
            said = len(ended)
            yield ended
        if said == len(tries):
            return
        put(study, tries)
        if waiting(study):
            take(study, terms, sets)
        else:
            time.sleep(POLL_S)


def helped(study: optuna.Study, terms: Terms, sets: Sets, patience: float) -> int:
    """Train what waits until the search has ended, or nothing came for so many minutes; how many tries were taken."""
    taken, since, told = 0, time.monotonic(), False
    while not closed(study):
        bury(study)
        if waiting(study):
            trial = take(study, terms, sets)
            if trial.state in ENDED:
                say(f"{trial.user_attrs['name']}: {'ended early' if trial.value is None else f'{trial.value:.4f}'}")
            taken, since, told = taken + ("name" in trial.user_attrs), time.monotonic(), False
            continue
        if time.monotonic() - since >= 60 * patience:
            say(f"worker: nothing came for {patience:g} minutes")
            break
        if not told:
            say(f"worker: nothing waits; looking every {POLL_S} s, for {patience:g} minutes at most")
            told = True
        time.sleep(POLL_S)
    return taken


def take(study: optuna.Study, terms: Terms, sets: Sets) -> FrozenTrial:
    """Train a try that waits, and tell the study what came of it; whatever goes wrong in it is its failure.

    Returns the trial; where another worker was quicker, one without a name.
    """
    ended: list[FrozenTrial] = []
    study.optimize(
        partial(_objective, terms=terms, sets=sets),
        n_trials=1,
        catch=(Exception,),
        gc_after_trial=True,  # what an error's traceback holds may be all of the memory
        callbacks=[lambda _, trial: ended.append(trial)],
    )
    return ended[0]


def checked(terms: Terms, sets: Sets) -> None:
    """Raise UserError where this machine's images or code are not those of a study."""
    track = track_named(terms.track)
    wrong = [f"images {name} of {sets.folder}" for name, of in sets.hashes.items() if terms.images.get(name) != of]
    wrong += ["this code"] if code_of(track) != terms.code else []
    if wrong:
        raise UserError(
            f"the study was begun with others than {', '.join(wrong)}: its figures could not be compared. Use the same "
            "commit and the same data set (`simulate` makes it again from its options)."
        )


def _objective(trial: optuna.Trial, terms: Terms, sets: Sets) -> float:
    if "name" not in trial.user_attrs:  # another worker was quicker to take the last one
        raise UserError("nothing was waiting")
    trial.set_user_attr("worker", this_worker())
    track, name = track_named(terms.track), trial.user_attrs["name"]
    if terms.sampler == "tpe":  # seeded by the try, so that one that was cut off is chosen again as it was
        seed = (int(terms.base["seed"]) + zlib.crc32(name.encode())) % 2**32
        trial.study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    params = {key: trial.suggest_categorical(key, choices) for key, choices in terms.space.items()}
    own = {key: value for key, value in params.items() if key in terms.base}

    def on_epoch(line: dict) -> None:
        trial.report(line[track.selects[0]], line["epoch"])
        prunable = terms.prune and trial.user_attrs["prune"] and line["epoch"] < config.optim.epochs
        if prunable and trial.should_prune():
            say(f"{name}: ended after epoch {line['epoch']}, far behind the others")
            raise optuna.TrialPruned

    try:
        config = config_of(terms.base | own | trial.user_attrs["values"])
        refuse_impossible(config)
        balance_of(track.task, config)
        alike = _alike(trial)
        result = _again(trial, alike) if alike else trained(track, config, sets, terms.split, on_epoch=on_epoch)
    except KeyboardInterrupt:
        trial.set_user_attr("interrupted", True)
        raise
    except optuna.TrialPruned:
        raise
    except Exception as error:
        failed = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {reason(error, 300)}"
        trial.set_user_attr("failed", failed)
        say(f"{name} failed: {failed}")
        raise
    trial.set_user_attr("result", result)
    return best_way(track, result)[1]


def _alike(trial: optuna.Trial) -> FrozenTrial | None:
    """Where a sampler chose what it has chosen before: the try that ended with the same values."""
    own = trial.params, trial.user_attrs["values"]
    for other in trial.study.get_trials(deepcopy=False, states=(*ENDED, TrialState.FAIL)):
        said = other.user_attrs
        whole = other.state in ENDED or "failed" in said
        if whole and trial.params and (other.params, said.get("values")) == own:
            return other
    return None


def _again(trial: optuna.Trial, alike: FrozenTrial) -> dict:
    """What a try gave that was trained before, whether well or not."""
    for epoch, value in alike.intermediate_values.items():
        trial.report(value, epoch)
    if alike.state == TrialState.PRUNED:
        raise optuna.TrialPruned
    if alike.state == TrialState.FAIL:
        raise UserError(alike.user_attrs["failed"])
    return alike.user_attrs["result"]
