"""A training with a teacher: what it leaves, how it is resumed, and which teachers are refused."""

import json
import shutil

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from pipeline.errors import UserError
from pipeline.run_folder import Run
from pipeline.stages.trained import Trained, seen_by, write_seen
from pipeline.verbs.train import train
from tests.toy.track import TRACK
from tests.verbs.test_train_resume import Killed, die_after, same
from tests.verbs.trainings import config

TAUGHT = {"teacher": "smoke", "loss__distil": 1.0, "optim__epochs": 2}


@pytest.fixture
def teacher(stand) -> Run:
    """The run `smoke`, in a folder to stand in."""
    return Run(stand / "submissions" / "smoke")


def other_weights(run: Run) -> None:
    save_file({name: tensor * 1.5 for name, tensor in load_file(run.best).items()}, run.best)


@pytest.mark.parametrize(
    "values", [{}, {"model__size": 32}, {"model__size": 96, "model__coarse": 32, "model__fine": 64}]
)
def test_what_a_student_of_any_size_and_looks_leaves(teacher, values, capsys):
    before = teacher.best.read_bytes()
    run = train(config(**TAUGHT, **values), "smoke", run="small")
    assert "; taught by smoke: segformer on tu-lcnet_050" in capsys.readouterr().out
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    for line in lines:
        assert line["loss"] == pytest.approx(line["dice"] + line["bce"] + line["cls"] + line["distil"], rel=1e-5)
    said = json.loads((run.folder / "manifest.json").read_text())["train"]
    known = json.loads((teacher.folder / "manifest.json").read_text())["train"]
    assert said["teacher"]["weights_hash"] == known["weights_hash"]
    assert torch.load(run.last, weights_only=True)["teacher"] == said["teacher"]
    assert teacher.best.read_bytes() == before
    assert len(load_file(run.best)) == len(load_file(teacher.best))
    shutil.rmtree(teacher.folder)
    assert Trained.of(run).network.size == config(**values).model.size  # answers need no teacher


def test_killed_and_resumed_it_ends_with_the_same_bits_and_not_those_of_one_not_taught(teacher, monkeypatch):
    whole = train(config(**TAUGHT), "smoke", run="whole")
    with monkeypatch.context() as patch:
        die_after(patch, 1)
        with pytest.raises(Killed):
            train(config(**TAUGHT), "smoke", run="killed")
    torch.manual_seed(123)
    same(whole, train(config(**TAUGHT), "smoke", run="killed"))
    alone = train(config(optim__epochs=2), "smoke", run="alone")
    assert alone.best.read_bytes() != whole.best.read_bytes()


def test_a_teacher_of_other_weights_is_not_resumed_from(teacher, monkeypatch):
    with monkeypatch.context() as patch:
        die_after(patch, 1)
        with pytest.raises(Killed):
            train(config(**TAUGHT), "smoke", run="small")
    other_weights(teacher)
    with pytest.raises(UserError, match=r"teacher 'smoke' has changed since .* was begun: the weights.*--overwrite"):
        train(config(**TAUGHT), "smoke", run="small")
    assert train(config(**TAUGHT), "smoke", run="small", overwrite=True).best.exists()


def test_what_the_teacher_has_seen_the_student_has_seen_too(teacher):
    rows = seen_by(teacher)
    write_seen(teacher, rows.assign(content_hash="elsewhere"), rows)
    seen = seen_by(train(config(**TAUGHT | {"optim__epochs": 1}), "smoke", run="small"))
    assert set(seen.loc[seen["use"] == "fit", "content_hash"]) > {"elsewhere"}
    assert set(seen.loc[seen["use"] == "tune", "content_hash"]) == set(rows["content_hash"])


def of_another_track(run: Run) -> None:
    said = yaml.safe_load(run.config.read_text())
    named = {name: said[name] for name in ("seed", "fit_on", "optim", "loader", "recipe", "data")}
    run.config.write_text(yaml.safe_dump(named | {"track": TRACK.name, "model": {"size": 48}}))


def of_other_masks(run: Run) -> None:
    run.config.write_text(run.config.read_text().replace("masks: sigmoid", "masks: softmax"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda run: run.best.unlink(), "no trained run 'smoke'"),
        (lambda run: (run.folder / "manifest.json").unlink(), "cannot be the teacher:\n  it has not finished"),
        (of_another_track, f"cannot be the teacher:\n  it is of track {TRACK.name}, and what it is to teach of"),
        (of_other_masks, "cannot be the teacher:\n  model.masks is sigmoid, and the teacher's softmax"),
        (lambda run: run.best.write_bytes(b"half"), "best.safetensors does not fit the run's config or is damaged"),
    ],
)
def test_a_teacher_that_cannot_be_is_refused_before_anything_is_deleted(teacher, damage, words):
    mine = train(config(optim__epochs=1), "smoke", run="small")
    damage(teacher)
    before = mine.best.read_bytes()
    with pytest.raises(UserError) as error:
        train(config(**TAUGHT), "smoke", run="small", overwrite=True)
    assert words in str(error.value)
    assert mine.best.read_bytes() == before


def test_nobody_teaches_himself(teacher):
    with pytest.raises(UserError, match="it is the run that is to be trained"):
        train(config(**TAUGHT), "smoke", overwrite=True)
    assert teacher.best.exists()


def test_half_of_what_a_teacher_needs_is_refused(teacher):
    for half in ({"teacher": "smoke"}, {"loss__distil": 1.0}):
        with pytest.raises(UserError, match="give both, or neither"):
            train(config(**half), "smoke", run="small")
