"""Whatever masks a network can answer, the zip made of them is valid, says the same, and is judged."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.judging.judged import Judged
from pipeline.masks import rle
from pipeline.tracks import track_named
from pipeline.tracks.spark2026 import members as members2026
from tests.makers import OF_PARTS, answer_row

COMPUTE = {"gmac": 1.0, "mparams": 1.0}


def noise(share: float, seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width)) < share


def checkerboard(height: int, width: int) -> np.ndarray:
    return np.indices((height, width)).sum(axis=0) % 2 == 0


@st.composite
def masks(draw) -> tuple[np.ndarray, np.ndarray]:
    """Body and panel of one image, apart, of any small size."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    kind = draw(st.sampled_from(["noise", "checkerboard", "full", "empty", "one pixel", "rows", "columns"]))
    both_hw = {
        "noise": noise(draw(st.floats(0, 0.5)), draw(st.integers(0, 99)), height, width),
        "checkerboard": checkerboard(height, width),
        "full": np.ones((height, width), bool),
        "empty": np.zeros((height, width), bool),
        "one pixel": np.arange(height * width).reshape(height, width) == draw(st.integers(0, height * width - 1)),
        "rows": np.indices((height, width))[0] % 2 == 0,
        "columns": np.indices((height, width))[1] % 2 == 0,
    }[kind]
    is_panel_hw = noise(draw(st.sampled_from([0.0, 0.5, 1.0])), draw(st.integers(0, 99)), height, width)
    return both_hw & ~is_panel_hw, both_hw & is_panel_hw


def table(pairs: list[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    rows = []
    for number, (body_hw, panel_hw) in enumerate(pairs):
        height, width = body_hw.shape
        rows.append(answer_row(f"Soho/{number:05}_img.jpg", number % 10, (0, 0, width, height), body_hw, panel_hw))
    return pd.DataFrame(rows)


def there_and_back(path: Path, track: str, answers: pd.DataFrame) -> None:
    form = track_named(track)
    form.upload.write(path, answers, COMPUTE)
    findings, found, _ = form.upload.examine(path, answers)
    assert findings.complaints == []
    names = ["image_id", "height", "width", "body_rle", "panel_rle"]
    pd.testing.assert_frame_equal(found[names], answers[names], check_dtype=False)
    judged = Judged.of(form, path, answers, form.judge.Rules())
    shown = answers["body_rle"].map(len).sum() > 0
    assert judged.figures()["s_seg"] in ((1.0, None) if shown else (None,))


@pytest.mark.parametrize("track", OF_PARTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(masks(), min_size=1, max_size=4))
def test_any_masks(tmp_path, track, pairs):
    there_and_back(tmp_path / "s.zip", track, table(pairs))


@pytest.mark.parametrize("track", OF_PARTS)
def test_full_size_noise_of_any_share_and_checkerboards(tmp_path, monkeypatch, track):
    side = (1024, 1024)
    shares = [(noise(share, 0, *side), noise(share, 1, *side)) for share in (0.001, 0.02, 0.2, 0.5)]
    pairs = [(body & ~panel, panel) for body, panel in shares]
    board = checkerboard(*side)
    pairs += [(board, ~board), (np.ones(side, bool), np.zeros(side, bool)), (np.zeros(side, bool),) * 2]
    answers = table(pairs)
    monkeypatch.setattr(members2026, "MARKS_EACH", 1)
    there_and_back(tmp_path / "s.zip", track, answers)
    if track == "spark2026":  # the guard against bombs must not look into the masks' texts
        with zipfile.ZipFile(tmp_path / "s.zip") as archive:
            assert archive.read("coco_segm.json").count(b"[") > 10 * len(answers) + 1000


def test_the_longest_counts_are_half_of_what_is_allowed():
    for height, width in ((1024, 1024), (64, 64), (7, 9), (1, 1)):
        board = checkerboard(height, width)
        for mask_hw in (board, ~board, noise(0.5, 0, height, width)):
            assert len(rle.encode(mask_hw)) <= height * width + 2 <= rle.longest(height, width)
