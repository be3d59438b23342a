"""Fixtures that several tests of this folder share."""

import shutil

import pytest

from tests.makers import spark2024


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return spark2024(tmp_path_factory.mktemp("made") / "set")


@pytest.fixture
def folder(made, tmp_path):
    """Four train and two val images of two classes, and a test image; never indexed."""
    return shutil.copytree(made, tmp_path / "set")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Small images: 60, 30, 2 and 1 for training."""
    counts = {"Cheops": (60, 3), "Soho": (30, 0), "XMM Newton": (2, 0), "Proba2": (1, 0)}
    return spark2024(tmp_path_factory.mktemp("many") / "set", counts, size=64)
