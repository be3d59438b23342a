"""Fixtures that several tests of this folder share."""

import pytest

from pipeline.scenes.render import look
from tests.scenes.studio import COUNT, STUDIO


@pytest.fixture(scope="module")
def views():
    return [look(STUDIO, "train", index) for index in range(COUNT)]
