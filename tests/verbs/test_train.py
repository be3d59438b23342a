"""What a training leaves, and what ends it."""

import contextlib
import errno
import json
import os
import re
import shutil
import signal

import cv2
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file

from pipeline import files
from pipeline.dataset import loader
from pipeline.dataset.index_table import read_index
from pipeline.engine import checkpoints
from pipeline.engine import training as engine
from pipeline.errors import UserError
from pipeline.losses import segmentation as losses
from pipeline.run_folder import Run
from pipeline.settings import flat
from pipeline.stages.trained import seen_by
from pipeline.verbs import train as verb
from pipeline.verbs.index import index
from pipeline.verbs.train import train
from tests.verbs.trainings import config


def test_what_a_run_leaves(workplace):
    run = train(config(), "smoke")
    assert run.name == "smoke"
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert {"loss", "dice", "bce", "cls", "lr", "s_acc", "raw_s_acc", "average_s_acc"} <= lines[0].keys()
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert run.curves.read_bytes().startswith(b"\x89PNG")
    said = yaml.safe_load(run.config.read_text())
    assert {k: v for k, v in flat(said).items() if k in flat(config())} == flat(config())
    manifest = json.loads((run.folder / "manifest.json").read_text())["train"]
    assert {"command", "index_hash", "weights_hash", "versions", "seed", "git_commit", "seconds"} <= manifest.keys()
    kept = torch.load(run.last, weights_only=True)
    assert kept["best"] == max(max(line["raw_s_acc"], line["average_s_acc"]) for line in lines)
    assert load_file(run.best).keys() == kept["network"].keys()


def test_a_run_is_neither_overwritten_nor_mixed(workplace):
    train(config(optim__epochs=1), "smoke")
    with pytest.raises(UserError, match=r"finished.*--run.*--overwrite"):
        train(config(optim__epochs=1), "smoke")
    with pytest.raises(UserError, match=r"another config: optim.lr 0.005 -> 0.001.*--run.*--overwrite"):
        train(config(optim__epochs=1, optim__lr=1e-3), "smoke")
    before = Run(workplace / "submissions" / "smoke").best.read_bytes()
    again = train(config(optim__epochs=1, optim__lr=1e-3), "smoke", overwrite=True)
    assert again.best.read_bytes() != before


def test_the_first_nan_stops_it(workplace, monkeypatch):
    real = losses.WeightedSum.forward

    def forward(self, *tensors):
        total, parts = real(self, *tensors)
        forward.calls += 1
        return (total * float("nan"), parts) if forward.calls == 4 else (total, parts)

    forward.calls = 0
    monkeypatch.setattr(losses.WeightedSum, "forward", forward)
    with pytest.raises(UserError, match=r"loss nan, dice .* at epoch 2, step 4.*lower --optim.lr than 0.005"):
        train(config(), "smoke")
    assert torch.load(Run(workplace / "submissions/smoke").last, weights_only=True)["epoch"] == 1


def test_fit_on_train_and_val_sees_both(workplace, monkeypatch, capsys):
    train(config(optim__epochs=1, fit_on="train+val"), "smoke")
    index = read_index(workplace / "data/tiny")
    count = index["split"].isin(["train", "val"]).sum()
    assert f"; {count} images, 1 epochs" in capsys.readouterr().out
    assert count == 7  # eight labelled images, one of them tune


def test_no_average(workplace):
    run = train(config(optim__epochs=1, optim__ema_decay=0.0), "smoke")
    assert "average_s_acc" not in json.loads(run.metrics.read_text())


def test_no_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"simulate.*download"):
        train(config())


def test_a_gradient_that_is_not_finite_stops_it_too(workplace, monkeypatch):
    real = losses.WeightedSum.forward

    def forward(self, outputs, batch):
        total, parts = real(self, outputs, batch)
        return total + (outputs["mask"] * 0).abs().sqrt().sum(), parts  # 0, with an infinite slope

    monkeypatch.setattr(losses.WeightedSum, "forward", forward)
    with pytest.raises(UserError, match="gradient norm nan at epoch 1, step 1"):
        train(config(), "smoke")


def test_gpu_memory_that_is_full_is_one_line(workplace, monkeypatch):
    def step(self, batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engine.Training, "_one_step", step)
    with pytest.raises(UserError, match=r"out of GPU memory; try a lower --optim.batch-size than 2"):
        train(config(), "smoke")


def test_overwriting_deletes_nothing_until_the_new_run_can_begin(workplace):
    run = train(config(optim__epochs=1), "smoke")
    before = run.best.read_bytes()
    for wrong in ({"model__encoder": "tu-lcnet_05"}, {"model__weights": "pypi"}, {"optim__lr": -1.0}):
        with pytest.raises(UserError):
            train(config(**wrong), "smoke", overwrite=True)
    assert run.best.read_bytes() == before


def test_a_failed_start_does_not_block_the_corrected_command(workplace):
    with pytest.raises(UserError):
        train(config(model__encoder="tu-lcnet_05"), "smoke")
    assert train(config(optim__epochs=1), "smoke").best.exists()


def test_a_folder_that_is_no_run_is_left_alone(workplace):
    (workplace / "submissions/mine").mkdir(parents=True)
    (workplace / "submissions/mine/notes.txt").write_text("precious")
    for overwrite in (False, True):
        with pytest.raises(UserError, match="no run's"):
            train(config(), "smoke", run="mine", overwrite=overwrite)
    for name in ("..", "a/b", "", ".hidden"):
        with pytest.raises(UserError, match="run name"):
            train(config(), "smoke", run=name, overwrite=True) if name else train(config(), ".yaml")


def test_impossible_values_are_all_named(workplace):
    wrong = {"optim__epochs": 0, "optim__batch_size": 1, "seed": -1, "augment__scale": 2.0, "optim__ema_decay": 1.0}
    with pytest.raises(UserError) as error:
        train(config(**wrong), "smoke")
    for name in wrong:
        assert name.replace("__", ".") in str(error.value)


def test_tune_images_without_boxes_are_refused_before_training(workplace):
    table = pd.read_csv(workplace / "data/tiny/train.csv")
    table["Bounding box"] = ""
    table.to_csv(workplace / "data/tiny/train.csv", index=False)
    with pytest.raises(UserError, match="tune images lack the truth that s_acc needs"):
        train(config(), "smoke")


def test_what_a_run_has_seen_is_kept_by_content(workplace):
    run = train(config(optim__epochs=1), "smoke")
    index, seen = read_index(workplace / "data/tiny"), seen_by(run)
    for use, split in (("fit", "train"), ("tune", "tune")):
        known = set(index.loc[index["split"] == split, "content_hash"])
        assert known
        assert set(seen.loc[seen["use"] == use, "content_hash"]) == known


def test_what_the_index_has_marked_and_what_is_lacking_are_said(workplace, capsys):
    table = pd.read_csv(workplace / "data/tiny/train.csv")
    table = table[table["Class"] != table["Class"].iloc[0]]
    lacking = pd.read_csv(workplace / "data/tiny/train.csv")["Class"].iloc[0]
    table.to_csv(workplace / "data/tiny/train.csv", index=False)
    for name, craft in zip(table["Mask name"], table["Class"], strict=True):
        path = workplace / "data/tiny/mask" / craft / "train" / name
        cv2.imwrite(str(path), (cv2.imread(str(path)).max(axis=2) > 127).astype("uint8") * 255)  # white paint
    with pytest.raises(UserError) if len(table) < 3 else contextlib.nullcontext():
        train(config(optim__epochs=1), "smoke")
    said = capsys.readouterr().out
    assert re.search(rf"^no train image of [^\n]*{lacking}", said, re.MULTILINE)
    assert re.search(
        r"^\d of \d images are marked mask-colours by the index: trained on as they are$", said, re.MULTILINE
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_an_image_gone_since_the_index_is_the_same_line_with_workers_and_without(workplace, workers):
    index(workplace / "data/tiny")
    craft = pd.read_csv(workplace / "data/tiny/train.csv")["Class"].iloc[0]
    real = verb.indexed

    def gone(folder, track):
        rows = real(folder, track)
        shutil.rmtree(workplace / "data/tiny/images" / craft / "train")
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verb, "indexed", gone)
        with pytest.raises(UserError, match="No such file") as error:
            train(config(loader__cache=False, loader__workers=workers), "smoke")
    assert "\n" not in str(error.value)
    assert f"images/{craft}/train" in str(error.value)


def test_a_worker_that_dies_is_one_line(workplace, monkeypatch):
    real = loader.TrainingImages.__getitem__

    def die(self, key):
        if torch.utils.data.get_worker_info():
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, key)

    monkeypatch.setattr(loader.TrainingImages, "__getitem__", die)
    with pytest.raises(UserError, match=r"a loader worker died .*--loader.workers 0") as error:
        train(config(loader__workers=1), "smoke")
    assert "\n" not in str(error.value)


def test_inside_a_cluster_s_job_of_several_tasks_one_device_is_used(workplace, monkeypatch):
    job = {"JOB_ID": "1", "JOB_NAME": "fit", "NTASKS": "4", "PROCID": "0", "LOCALID": "0", "NODEID": "0"}
    for name, value in job.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert train(config(optim__epochs=1), "smoke").best.exists()


def test_a_seed_that_torch_does_not_take(workplace):
    with pytest.raises(UserError, match="seed is 1234567890123456789, expected 0 to 4294967295"):
        train(config(seed=1234567890123456789), "smoke")


def test_a_full_disk_keeps_the_epoch_before(workplace, monkeypatch):
    """The disk fills while the second epoch's checkpoint is written."""
    real = checkpoints.write_bytes
    calls = []

    def write(path, content):
        calls.append(path.name)
        if calls.count("last.ckpt") == 2:
            raise files.cannot_write(path, OSError(errno.ENOSPC, "No space left on device"))
        real(path, content)

    monkeypatch.setattr(checkpoints, "write_bytes", write)
    with pytest.raises(UserError, match=r"cannot write .*last\.ckpt: No space left on device"):
        train(config(), "smoke")
    run = Run(workplace / "submissions" / "smoke")
    assert torch.load(run.last, weights_only=True)["epoch"] == 1
    assert not list(run.folder.rglob("*.part*"))
