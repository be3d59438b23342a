import json
import re
import shutil

import pytest

from pipeline.errors import UserError
from pipeline.stages.indexed import indexed
from pipeline.tracks import track_named
from pipeline.verbs.report import report
from pipeline.verbs.score import score

SPARK = track_named("spark2026")


def test_a_page_of_a_run(stand):
    path = report("smoke")
    page = path.read_text()
    content = score("smoke")
    assert len(page) < 5e6
    assert not re.search(r"(?:src|href)=.(?!data:)", page)  # nothing is loaded from anywhere
    assert f"{content['s_final']:.4f}" in page
    for row in content["worst"] + content["best"]:
        assert page.count(f"{row['image_id']}: ") >= 1
    assert page.count("data:image/jpeg") == len(content["worst"]) + len(content["best"])
    assert page.count("data:image/png") == 2  # curves, and figures against size
    assert "the line joins the medians" in page
    for name in ("Cheops", "XMM Newton", "git_commit", "small (under 128 px)"):
        assert name in page
    for name, words in SPARK.judge.words.items():
        assert re.search(rf"<td>{name}</td>.*?{content[name]:.4f}.*?{re.escape(words)}", page, re.DOTALL), name
    matrix = re.search(r'class="matrix">(.*?)</table>', page, re.DOTALL)[1]
    cells = re.findall(r"<td style=[^>]*>\s*(\d*)</td>", matrix)
    assert [int(cell or 0) for cell in cells] == [count for row in content["confusion"] for count in row]


def test_the_list_of_runs(stand):
    score("smoke")
    page = report().read_text()
    assert "smoke" in page
    assert "href" not in page
    report("smoke")
    assert re.findall('href="(.*?)"', report().read_text()) == ["./smoke/tiny-val-none/report.html"]


def test_the_best_of_the_same_images_is_first(stand):
    score("smoke")
    shutil.copytree(stand / "submissions/smoke", stand / "submissions/better")
    path = stand / "submissions/better/tiny-val-none/score.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"s_final": content["s_final"] + 0.1}))
    page = report().read_text()
    assert page.index("<td>better</td>") < page.index("<td>smoke</td>")
    assert page.count('<td class="words">tiny-val</td><td>none</td>') == 2


def test_nothing_scored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no scored run"):
        report()


def test_the_list_says_what_has_changed_since_a_score_was_made(stand):
    score("smoke")
    assert "changed since" not in report().read_text()
    table = stand / "data/tiny/val.csv"
    text = table.read_text()
    table.write_text(text.replace("(", "(1", 1))
    assert "changed since: data set" in report().read_text()
    indexed(stand / "data/tiny", track_named("spark2026"))
    assert "changed since: labels" in report().read_text()
    table.write_text(text)
    indexed(stand / "data/tiny", track_named("spark2026"))
    assert "changed since" not in report().read_text()
    best = stand / "submissions/smoke/checkpoints/best.safetensors"
    best.write_bytes(best.read_bytes() + b" ")
    zip = stand / "submissions/smoke/tiny-val-none/submission.zip"
    zip.write_bytes(zip.read_bytes() + b" ")
    assert "changed since: zip, weights" in report().read_text()
    shutil.rmtree(stand / "data/tiny")
    assert "changed since: data set, zip, weights" in report().read_text()
