"""Crafts from files: what cannot be used is said, all of it at once."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.scenes.user_meshes import class_names, fingerprint, load_craft
from tests.scenes.craft_files import box, glb, pbr, two_stl, write


def refusal(folder: Path, name: str = "sat") -> str:
    """What the user is told when the craft is refused."""
    with pytest.raises(UserError) as caught:
        load_craft(folder, name)
    return str(caught.value)


def test_folders_that_cannot_be_used(tmp_path):
    file = write(tmp_path / "file")
    for use in (class_names, fingerprint):
        with pytest.raises(UserError, match="found nothing"):
            use(tmp_path / "none")
        with pytest.raises(UserError, match="found a file"):
            use(file)
        with pytest.raises(UserError, match="has no class folders"):
            use(tmp_path)
    (tmp_path / "sentinel").mkdir()
    assert "no class folder 'sentinal'. Did you mean sentinel?" in refusal(tmp_path, "sentinal")
    write(tmp_path / "sentinel" / "notes.txt")
    message = refusal(tmp_path, "sentinel")
    assert "sentinel has no mesh files" in message and ".glb, .gltf, .obj, .stl" in message


def test_all_broken_meshes_are_named(tmp_path):
    good = glb(tmp_path / "sat" / "all.glb", ("bus", box((1, 1, 1)), np.eye(4)), ("array", box((1, 1, 1)), np.eye(4)))
    whole = good.read_bytes()
    good.with_name("cut.glb").write_bytes(whole[: len(whole) // 2])
    good.with_name("noise.stl").write_bytes(np.random.default_rng(0).bytes(500))
    write(good.with_name("empty.obj"))
    write(good.with_name("astray.gltf"), json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": "gone.bin"}]}))
    two_stl(tmp_path / "nan")
    hole = np.frombuffer((tmp_path / "nan" / "body.stl").read_bytes()[84:], np.uint8).copy()
    hole[12:16] = np.frombuffer(np.float32(np.nan).tobytes(), np.uint8)
    head = (tmp_path / "nan" / "body.stl").read_bytes()[:84]
    (tmp_path / "sat" / "nan.stl").write_bytes(head + hole.tobytes())
    message = refusal(tmp_path)
    for name in ("cut.glb", "noise.stl", "empty.obj", "astray.gltf", "nan.stl: ValueError: a vertex is not finite"):
        assert name in message
    assert "all.glb" not in message


def test_a_craft_without_panel_or_without_body(tmp_path):
    nodes = [(f"plate {i}", box((1, 1, 1), pbr("steel", (0.5, 0.5, 0.5))), np.eye(4)) for i in range(7)]
    glb(tmp_path / "sat" / "hull.glb", *nodes)
    message = refusal(tmp_path)
    assert "class 'sat': nothing matches `panel: solar|panel|cell|array`." in message
    assert "hull/plate 0/plate 0 shape/steel" in message and "2 more (7 in all)" in message
    assert f"Set `panel:` and `body:` in {tmp_path / 'parts.yaml'}" in message and "nothing that" not in message
    write(tmp_path / "parts.yaml", "panel: plate\nbody: bus\n")
    message = refusal(tmp_path)
    assert "nothing that `panel: plate` leaves over matches `body: bus`" in message
    assert "nothing matches" not in message


def test_all_that_is_wrong_with_parts_yaml(tmp_path):
    two_stl(tmp_path / "sat")
    text = "pannel: x\npanel: '['\nbody: 5\nmetres: -1\nmaterials: {foil: gold foyl, '(': copper}\n"
    path = write(tmp_path / "parts.yaml", text)
    message = refusal(tmp_path)
    assert message.startswith(f"{path} cannot be used:")
    assert "unknown key pannel. Did you mean panel?" in message
    assert "panel: '[' is not a regular expression" in message
    assert "body: must be a regular expression, found 5" in message
    assert "metres: must be a number more than 0, found -1" in message
    assert "and 1 more (6 in all)" in message
    write(path, "materials: {foil: gold foyl, '(': copper}\n")
    message = refusal(tmp_path)
    assert "materials: '(' is not a regular expression" in message
    assert "unknown surface 'gold foyl'. Did you mean gold foil?" in message


def test_metres_that_yaml_takes_for_a_text(tmp_path):
    two_stl(tmp_path / "sat", unit=1000)
    write(tmp_path / "parts.yaml", "metres: 1e-3\n")
    assert np.ptp(load_craft(tmp_path, "sat").vertices, axis=0).max() == pytest.approx(4.5)


@pytest.mark.parametrize("metres", ["1e-7", "1.0e+6", "1.0e+39"])
def test_units_that_cannot_be_meant(tmp_path, metres):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", f"metres: {metres}\n")
    assert "metres:" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["train", "test", "two\nlines"])
def test_folders_that_cannot_be_classes(tmp_path, name):
    two_stl(tmp_path / "sat")
    two_stl(tmp_path / name)
    with pytest.raises(UserError, match="cannot be classes; give them other names") as error:
        class_names(tmp_path)
    assert repr(name) in str(error.value)
    assert "sat" not in str(error.value).splitlines()[-1]


def test_a_colour_that_is_not_a_number_is_refused(tmp_path):
    two_stl(tmp_path / "sat")
    text = "mtllib odd.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl odd\nf 1 2 3\n"
    write(tmp_path / "sat/odd.obj", text)
    write(tmp_path / "sat/odd.mtl", "newmtl odd\nKd nan nan nan\n")
    assert "odd.obj: ValueError: a colour is not finite" in refusal(tmp_path)


@pytest.mark.parametrize("metres", ["0", ".nan", ".inf", "yes", "mm", "[1]", "9" * 400])
def test_metres_that_are_no_length(tmp_path, metres):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", f"metres: {metres}\n")
    assert "metres: must be a number more than 0, found" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- panel\n", "must hold keys and values, found list"),
        ("panel: [\n", "is not YAML"),
        ("materials: gold foil\n", "materials: must hold patterns and names of surfaces, found 'gold foil'"),
        ("materials: {x: qqqq}\n", "unknown surface 'qqqq'. There are gold foil, "),
    ],
)
def test_parts_yaml_of_another_shape(tmp_path, text, words):
    two_stl(tmp_path / "sat")
    write(tmp_path / "parts.yaml", text)
    assert words in refusal(tmp_path)


def test_an_empty_parts_yaml_is_the_defaults(tmp_path):
    two_stl(tmp_path / "sat")
    plain = load_craft(tmp_path, "sat")
    write(tmp_path / "parts.yaml", "# nothing yet\n")
    assert np.array_equal(load_craft(tmp_path, "sat").triangles, plain.triangles)
