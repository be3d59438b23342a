"""Fixtures that many tests share: small real data sets, made once."""

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from pipeline.config import config_of, recipe_values
from pipeline.verbs.simulate import simulate
from pipeline.verbs.train import train

settings.register_profile("here", deadline=None, derandomize=True)  # no timing, and the same examples everywhere
settings.load_profile("here")


@pytest.fixture(scope="session")
def eight_images(tmp_path_factory) -> Path:
    """A rendered set of eight labelled images (five train, three val) and two without labels; never written to."""
    folder = tmp_path_factory.mktemp("eight") / "data" / "tiny"
    simulate(folder, count=8, val=3, test=2, seed=5)
    return folder


@pytest.fixture(scope="session")
def trained_eight(tmp_path_factory, eight_images) -> Path:
    """A folder to stand in with the eight images and a run `smoke` of one epoch on them; never written to."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(eight_images, folder / "data" / "tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke")
    return folder


@pytest.fixture
def workplace(tmp_path, monkeypatch, eight_images) -> Path:
    """An empty folder to stand in, with a copy of the eight images as its only data set."""
    shutil.copytree(eight_images, tmp_path / "data" / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stand(trained_eight, tmp_path, monkeypatch) -> Path:
    """A copy of `trained_eight` to stand in."""
    shutil.copytree(trained_eight, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture(autouse=True)
def one_thread():
    """Tests are small: threads cost more than they give, and results do not depend on the machine's cores."""
    torch.set_num_threads(1)
