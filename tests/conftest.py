"""Fixtures that many tests share: small real data sets, made once."""

import shutil
from pathlib import Path

import pytest
import torch

from pipeline.simulate import simulate


@pytest.fixture(scope="session")
def eight_images(tmp_path_factory) -> Path:
    """A rendered set of eight labelled images (five train, three val) and two without labels; never written to."""
    folder = tmp_path_factory.mktemp("eight") / "data" / "tiny"
    simulate(folder, count=8, val=3, test=2, seed=5)
    return folder


@pytest.fixture
def workplace(tmp_path, monkeypatch, eight_images) -> Path:
    """An empty folder to stand in, with a copy of the eight images as its only data set."""
    shutil.copytree(eight_images, tmp_path / "data" / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def one_thread():
    """Tests are small: threads cost more than they give, and results do not depend on the machine's cores."""
    torch.set_num_threads(1)
