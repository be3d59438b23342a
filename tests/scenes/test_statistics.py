import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.scenes.statistics import PUBLISHED, figures, table
from pipeline.verbs.simulate import simulate
from tests.oracles.published import REAL_SET


def test_the_published_figures_and_their_bounds():
    assert {name: (value, bound) for name, (value, bound, _) in PUBLISHED.items()} == REAL_SET


def test_figures_of_two_known_images():
    """One all 0.2, one all 0.6: mean 0.4, deviation 0.2 over the pooled pixels, whatever each image's own is."""
    pixels = 100
    sums = [np.array([90, 6, 4, *[v * pixels] * 3, *[v * v * pixels] * 3]) for v in (0.2, 0.6)]
    got = figures(np.sum(sums, axis=0), [1, 3])
    expected = (90, 6, 4, *[0.4] * 3, *[0.2] * 3, 25, 75)
    assert list(got) == list(PUBLISHED)
    assert np.allclose(list(got.values()), expected)


def test_the_table_marks_what_is_out_of_bounds():
    good = {name: value for name, (value, *_) in PUBLISHED.items()}
    lines, off = table(good)
    assert off == []
    assert lines.count("ok") == len(PUBLISHED)
    lines, off = table(good | {"body %": 4.11, "mean blue": 0.251, "deviation red": 0.231})
    assert off == ["body %", "deviation red"]
    assert "OFF" in next(line for line in lines.splitlines() if line.startswith("body %"))


def test_the_default_domain_is_calibrated(tmp_path, capsys):
    """Two hundred small images are enough to see a mistake in calibration, too few for the published bounds."""
    try:
        simulate(tmp_path / "set", count=200, size=128, test=0, check=True)
    except UserError as error:
        assert "out of bounds" in str(error)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.endswith(("ok", "OFF"))]
    assert len(rows) == len(PUBLISHED)
    for row in rows:
        name, value, published, bound = row[:18].strip(), *map(float, row[18:].split()[:3])
        assert value == pytest.approx(published, abs=2 * bound), name
