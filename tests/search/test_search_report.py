"""The page of a study: what is drawn, what is not and why, and a line for each try."""

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import optuna
import pytest
from matplotlib import rcParams
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from pipeline.cli import main
from pipeline.config import config_of
from pipeline.search.study import Terms, Try, begun, put
from pipeline.search.study_pictures import AXES, parallel_axes, varied
from pipeline.settings import flat
from tests.toy.track import TRACK

LR, SIZE = (0.1, 0.01), ("32", "64")


@pytest.fixture(autouse=True)
def stand_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def studied(run, whole=6, failed=0, pruned=0, waiting=0, space=True, url=None, compute=0.5):
    """A study with tries, of which those of size 64 answer better, and of the others the later ones."""
    terms = Terms(TRACK.name, flat(config_of({"track": TRACK.name})), {}, {})
    choices = {"optim.lr": CategoricalDistribution(LR), "size": CategoricalDistribution(SIZE)} if space else {}
    with begun(run, url, terms, overwrite=False) as (_, study):
        for i in range(whole + failed + pruned):
            params = {"optim.lr": LR[i % 2], "size": SIZE[i // 2 % 2]} if space else {}
            error = 1 / (i + 2) if params.get("size") == "32" else 1 / (i + 20)
            result = {"figures": {"": {"error": error}}, "mparams": 1 + i, "gmac": compute * (i + 1), "minutes": 2.0}
            said = {"name": f"try {i}", "values": {}, "prune": True}
            state = TrialState.COMPLETE if i < whole else TrialState.FAIL if i < whole + failed else TrialState.PRUNED
            said |= {"result": result} if state == TrialState.COMPLETE else {}
            said |= {"failed": "training diverged <at once>"} if state == TrialState.FAIL else {}
            trial = create_trial(
                state=state,
                value=error if state == TrialState.COMPLETE else None,
                params=params,
                distributions=choices,
                user_attrs=said,
                intermediate_values={1: 0.5, 2: 0.5} if state == TrialState.PRUNED else {},
            )
            study.add_trial(trial)
        put(study, [Try(f"late {i}") for i in range(waiting)])
    return study


def page_of(run, *words):
    assert main(["search", "report", "--run", run, *words]) == 0
    return Path(f"submissions/{run}/search.html").read_text()


def images(page):
    """Pictures inside a page, by the title above each."""
    found = re.findall(r'<h2>([^<]*)</h2>\s*<figure><img src="data:image/png;base64,([^"]*)"', page)
    return {title: cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), 1) for title, png in found}


def test_all_pictures_of_a_study_with_enough():
    style = dict(rcParams)
    studied("many")
    page = page_of("many")
    pictures = images(page)
    assert list(pictures) == ["Accuracy and compute", "History", "Parameters of each try", "What mattered"]
    assert all(picture.std() > 10 and picture.shape[1] > 700 for picture in pictures.values())
    assert "Not drawn" not in page
    assert not re.search(r"(?:src|href)=.(?!data:)", page)  # nothing is loaded from anywhere
    assert dict(rcParams) == style  # optuna's is not left behind


def test_a_line_for_each_try_the_best_first_and_what_failed_with_its_reason():
    studied("mixed", whole=4, failed=1, pruned=1, waiting=2)
    page = page_of("mixed")
    table = re.search(r'<div class="wide">(.*?)</div>', page, re.DOTALL)[1]
    lines = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]]
    # errors 1 / 2, 1 / 3, 1 / 22, 1 / 23, the lowest being best
    assert [line[0] for line in lines] == ["try 3", "try 2", "try 1", "try 0", "try 5", "try 4"]
    assert lines[0] == ["try 3", "0.0435", "4.000", "2.000", "2.0", "", "0.01", "64"]
    assert [line[5] for line in lines[4:]] == ["ended early, after epoch 2", "failed"]
    assert "<li>try 4: training diverged &lt;at once&gt;</li>" in page
    assert "4 trained to their end, 1 ended early, 1 failed, 2 waiting" in page
    assert "error is what is searched for,\nthe lowest being best" in page


def test_of_many_parameters_those_that_mattered_most_are_drawn():
    names = [f"p{number}" for number in range(AXES + 1)]
    study = optuna.create_study(direction="maximize")
    for i in range(40):
        params = {name: float((i * (number + 3)) % 7) for number, name in enumerate(names)}
        params["p_last"] = float(i)  # this alone makes the value
        space = {name: FloatDistribution(0, 40) for name in params}
        study.add_trial(create_trial(params=params, distributions=space, value=float(i)))
    found = parallel_axes(study)
    assert (len(found), found[0]) == (AXES, "p_last")
    few = optuna.create_study(direction="maximize")
    few.add_trials(study.trials[:3])  # of which no importances can be told
    assert parallel_axes(few) == varied(few)


@pytest.mark.parametrize(
    ("have", "drawn", "why"),
    [
        ({"whole": 0, "waiting": 1}, [], "it takes 2 tries that were trained to their end, and there are 0"),
        ({"whole": 1}, [], "it takes 2 tries that were trained to their end, and there are 1"),
        ({"whole": 3}, ["Accuracy and compute", "History", "Parameters of each try"], "it takes 4 tries that were"),
        ({"space": False}, ["Accuracy and compute", "History"], "fewer than two of the study&#39;s parameters vary"),
        ({"compute": 0.0}, ["History", "Parameters of each try", "What mattered"], "need the same compute"),
    ],
)
def test_what_is_not_drawn_says_why(have, drawn, why):
    studied("few", **have)
    page = page_of("few")
    assert list(images(page)) == drawn
    assert why in page
    assert page.count("Not drawn: ") == 4 - len(drawn)


def test_a_study_in_another_database(tmp_path):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    studied("shared", whole=2, url=url)
    assert "try 1" in page_of("shared", "--study", url)


def test_a_search_that_is_not_there(tmp_path, capsys):
    studied("mine", whole=1)
    assert main(["search", "report", "--run", "yours"]) == 2
    assert "no search 'yours' in" in (said := capsys.readouterr().err)
    assert "there: mine" in said
    assert not (tmp_path / "submissions/yours").exists()
    assert (
        main(["search", "report", "--run", "yours", "--study", f"sqlite:///{tmp_path}/submissions/mine/study.db"]) == 2
    )
    assert "no study 'yours'" in capsys.readouterr().err
