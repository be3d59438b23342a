"""Fixtures that several tests of this folder share."""

import pytest

from tests.verbs.simulate.simulated import generate


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("sim") / "set"
    generate(out)
    return out


@pytest.fixture(scope="module")
def posed(tmp_path_factory):
    """Twelve images of train, three of val, two of test."""
    out = tmp_path_factory.mktemp("sim") / "posed"
    generate(out, track="pose", count=15, val=3, test=2)
    return out
