"""A research on the toy track, begun in a checkout of this code."""

import contextlib
import io

import pytest

from pipeline.cli import main
from pipeline.research import place as places
from pipeline.research.place import Place
from tests.research.begun import RECIPE, START
from tests.research.repository import repository, state
from tests.toy.data import numbers


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A checkout of this code to stand in, with an edit that is not committed, data, and a research begun."""
    root = repository(tmp_path_factory.mktemp("research") / "code", "pipeline", "tests/toy")
    numbers(root / "data" / "numbers", train=40)
    (root / ".gitignore").write_text("data/\nsubmissions/\n*.y*ml\nsaid.txt\n")
    (root / "mine.yaml").write_text(RECIPE)
    with (root / "pipeline/progress.py").open("a") as file:
        file.write("# not committed\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "CHECKOUT", root)
        patch.chdir(root)
        before = state(root)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert main(START) == 0
        assert state(root) == before
        (root / "said.txt").write_text(said.getvalue())
        yield root


@pytest.fixture
def place(root):
    return Place.named("toy")
