import shutil

import pytest

from pipeline.cli import main
from pipeline.tracks import track_named
from pipeline.tracks.spark2024 import submission
from pipeline.tracks.spark2026.checks import CHECKS
from tests.makers import OF_PARTS, true_answers


@pytest.fixture
def truth_zips(stand):
    """Ground truth as a submission to each track, beside a data set."""
    truth = true_answers(stand / "data/tiny")
    for name, track in ((name, track_named(name)) for name in OF_PARTS):
        track.upload.write(stand / f"{name}.zip", truth, {"gmac": 1.0, "mparams": 1.0})
    return stand


@pytest.mark.parametrize(("track", "made"), [("spark2024", submission.CHECKS), ("spark2026", CHECKS)])
def test_a_valid_zip_passes_every_check(truth_zips, track, made, capsys):
    assert main(["validate", f"{track}.zip", "--split", "val", "--track", track]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert tuple(line.removesuffix("ok").strip() for line in lines if line.endswith(" ok")) == made
    assert lines[-1].startswith(f"valid: {track}.zip")


@pytest.mark.parametrize("track", OF_PARTS)
def test_a_cut_zip_fails_the_first_and_reaches_no_other(truth_zips, track, capsys):
    path = truth_zips / f"{track}.zip"
    path.write_bytes(path.read_bytes()[:-30])
    assert main(["validate", f"{track}.zip", "--split", "val", "--track", track]) == 2
    said = capsys.readouterr()
    first, *others = said.out.splitlines()
    assert first.split("  ")[0] == "the zip opens"
    assert first.endswith("WRONG: 1")
    assert all(line.endswith("not reached") for line in others)
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("track", "other"), [("spark2026", "spark2024"), ("spark2024", "spark2026")])
def test_the_zip_of_another_track_is_told(truth_zips, track, other, capsys):
    shutil.copy(truth_zips / f"{other}.zip", truth_zips / "odd.zip")
    assert main(["validate", "odd.zip", "--split", "val", "--track", track]) == 2
    said = capsys.readouterr()
    assert "of another track or split" in said.err
    assert len(said.err.splitlines()) == 2
