"""Fixtures that several tests of this folder share."""

import pytest

from tests.verbs.simulate.simulated import generate


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("sim") / "set"
    generate(out)
    return out
