"""What is done to a research that was begun, and what must hold of it."""

from dataclasses import replace

from pipeline.research.frozen import Frozen, changed, strangers
from pipeline.research.git import git
from pipeline.research.ledger import incumbent_of, read_rows
from pipeline.research.place import candidate_at

TOY = "tests.toy.track"
RECIPE = f"track: {TOY}\noptim: {{batch_size: 4, lr: 1e-6, encoder_lr_factor: 1.0, warmup_epochs: 0.25}}\n"
START = ["research", "start", "--recipe", "mine.yaml", "--budget", "48", "--epochs", "2", "--run", "toy"]


def rows_of(place):
    return read_rows(place.results)


def edit(place, **values):
    """The incumbent's candidate with other values."""
    values = {name.replace("__", "."): value for name, value in values.items()}
    place.candidate.write_text(
        f"VALUES = {values!r}\n\n\ndef network(task, config):\n    return task.network(config)\n"
    )


def spread(place, value):
    """Have it frozen."""
    replace(Frozen.of(place), spread=value).write(place)


def assert_at_rest(place):
    """Files and branch are the incumbent's, and nothing is half done."""
    frozen = Frozen.of(place)
    assert git(place.worktree, "rev-parse", "HEAD").startswith(incumbent_of(rows_of(place)).commit)
    assert place.candidate.read_text() == candidate_at(place, "HEAD")
    assert not changed(place.worktree, frozen.files) + strangers(place.worktree, frozen.files)
    assert {path.name for path in place.folder.iterdir()} == {
        *("worktree", "logs", "program.md", "frozen.json", "results.tsv")
    }
