"""The worktree of a small repository: made beside the checkout, guarded by checksums, put back, deleted."""

import pytest

from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.research import place as places
from pipeline.research.frozen import caches, changed, checksums, strangers
from pipeline.research.git import git, has
from pipeline.research.place import Place, back_to, candidate_at, committed, drop, made
from tests.research.repository import repository, state


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = repository(tmp_path / "code")
    monkeypatch.setattr(places, "CHECKOUT", root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def place(root):
    place = Place.named("one")
    place.folder.mkdir(parents=True)
    made(place, overwrite=False)
    return place


def head(place):
    return git(place.worktree, "rev-parse", "HEAD").strip()


def test_the_checkout_is_not_touched(root, place):
    before = state(root)
    place.candidate.write_text("VALUES = {}\n")
    commit = committed(place, head(place), "first", 0)
    assert state(root) == before == (before[0], "main\n", "")
    assert git(root, "rev-parse", "research/one").strip() == commit == head(place)
    assert candidate_at(place, commit) == "VALUES = {}\n"


def test_a_commit_is_of_the_candidate_alone_onto_the_incumbent(root, place):
    start = head(place)
    (place.worktree / "pipeline/judge.py").write_text("answer = 43\n")
    (place.worktree / "pipeline/new.py").write_text("")
    git(place.worktree, "add", ".")
    git(place.worktree, "commit", "--quiet", "--message", "somebody's")
    place.candidate.write_text("VALUES = {}\n")
    commit = committed(place, start, "first", 1)
    assert git(place.worktree, "rev-parse", f"{commit}~").strip() == start
    assert git(place.worktree, "show", "--name-only", "--format=", commit) == "candidate.py\n"
    back_to(place, start)
    assert not place.candidate.exists()
    assert git(root, "rev-parse", "refs/research/one/1").strip() == commit  # nothing that was tried is lost


def test_what_is_changed_added_or_gone_is_named_and_put_back(place):
    start, files = head(place), checksums(place.worktree)
    assert files.keys() == {".gitignore", "pipeline/judge.py"}
    tree = place.worktree
    for name in ("pipeline/torch.py", "numpy.so", "pipeline/__pycache__/judge.cpython-311.pyc", "notes.md"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("x")
    (tree / "cv2").symlink_to(tree / "pipeline")
    (tree / "pipeline/judge.py").write_text("answer = 43\n")
    (tree / ".gitignore").unlink()
    place.candidate.write_text("VALUES = {}\n")
    assert changed(tree, files) == [".gitignore", "pipeline/judge.py"]
    assert sorted(strangers(tree, files)) == ["cv2", "numpy.so", "pipeline/torch.py"]
    assert caches(tree) == ["pipeline/__pycache__"]
    back_to(place, start)
    drop(place, [*strangers(tree, files), *caches(tree)])
    assert not changed(tree, files)
    assert not strangers(tree, files)
    assert (tree / "notes.md").exists()
    assert (tree / "pipeline/judge.py").read_text() == "answer = 42\n"


def test_a_worktree_on_another_branch_is_left_alone(place):
    start = head(place)
    git(place.worktree, "switch", "--quiet", "-c", "other")
    with pytest.raises(UserError, match=r"is on other, expected research/one: .* switch research/one"):
        back_to(place, start)


def test_a_start_that_was_cut_off_is_begun_anew_and_a_finished_one_is_not(root, place):
    place.candidate.write_text("VALUES = {}\n")
    committed(place, head(place), "first", 0)
    made(place, overwrite=False)
    assert not place.candidate.exists()
    assert not has(root, "refs/research/one/0")
    place.frozen.write_text("{}")
    with pytest.raises(UserError, match=r"frozen.json and the branch research/one is there already: .*--overwrite"):
        made(place, overwrite=False)
    made(place, overwrite=True)
    assert not place.frozen.exists()


def test_a_branch_of_that_name(root, tmp_path):
    git(root, "branch", "research/mine")
    place = Place.named("mine")
    with alone_in(place.folder, "research start"):
        with pytest.raises(UserError, match="the branch research/mine is there already"):
            made(place, overwrite=False)
        git(root, "worktree", "add", "--quiet", str(tmp_path / "elsewhere"), "research/mine")
        with pytest.raises(UserError, match="elsewhere"):
            made(place, overwrite=True)
        assert has(root, "research/mine")
        git(root, "worktree", "remove", str(tmp_path / "elsewhere"))
        made(place, overwrite=True)


def test_code_that_is_no_checkout(tmp_path, root, monkeypatch):
    for folder in (tmp_path / "plain", root / "pipeline"):
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(places, "CHECKOUT", folder)
        with pytest.raises(UserError, match="research needs a git checkout of this project"):
            made(Place.named("one"), overwrite=False)
