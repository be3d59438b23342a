import re
import sys

from pipeline import progress as module
from pipeline.progress import progress


class Clock:
    """Ten seconds an item."""

    now = 0.0

    def __call__(self):
        self.now += 10
        return self.now


def test_elsewhere_than_on_a_terminal_it_is_a_line_each_tenth(monkeypatch, capsys):
    monkeypatch.setattr(module.time, "monotonic", Clock())
    assert list(progress(range(40), 40, "index")) == list(range(40))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[4] == "index: 20/40 img, 0.1 img/s, 200 s left"


def test_resumed_counts_what_was_done(monkeypatch, capsys):
    monkeypatch.setattr(module.time, "monotonic", Clock())
    list(progress(range(30), 100, "predict", start=70))
    lines = capsys.readouterr().err.splitlines()
    assert [re.match(r"predict: (\d+)/100", line)[1] for line in lines] == ["80", "90", "100"]


def test_short_work_is_silent(capsys):
    list(progress(range(100), 100, "short"))
    assert capsys.readouterr().err == ""


def test_on_a_terminal_it_is_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(progress(range(5), 5, "index")) == list(range(5))
    assert "index" in capsys.readouterr().err
