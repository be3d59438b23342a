import io
import pickle
import zipfile
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.tracks.spark2024 import submission
from pipeline.tracks.spark2024.track import TRACK
from tests.damage import damaged
from tests.makers import answers, asked

IMAGES = asked(["test_00000_img.jpg", "test_00001_img.jpg"])
GOOD = np.zeros((1024, 1024, 3), np.uint8)
GOOD[10:40, 5:60, 0] = 255
GOOD[50:60, 5:60, 2] = 255


def npz(compressed=True, **arrays):
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def pair(second, name="test_00001_layer.npz"):
    return [("test_00000_layer.npz", npz(data=GOOD)), (name, second)]


def test_written_and_read_back(tmp_path):
    rows = answers([1, 2, 3])
    submission.write(tmp_path / "a.zip", rows, {})
    found, efficiency = TRACK.upload.read(tmp_path / "a.zip", rows)
    assert efficiency == {}
    for name in ("image_id", "body_rle", "panel_rle"):
        assert found[name].tolist() == rows[name].tolist()


def test_the_same_answers_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        submission.write(tmp_path / name, answers([1, 2]), {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_lies_in_the_zip(tmp_path):
    """As participants' code that scored wrote it: name, key, shape, type and colours."""
    rows = answers([1])
    rows["image_id"] = ["test_00007_img.jpg"]
    submission.write(tmp_path / "a.zip", rows, {})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["test_00007_layer.npz"]
        with np.load(io.BytesIO(archive.read("test_00007_layer.npz")), allow_pickle=False) as arrays:
            assert arrays.files == ["data"]
            data = arrays["data"]
    assert (data.shape, data.dtype) == ((1024, 1024, 3), np.uint8)
    body, panel = (rle.decode(rows[f"{part}_rle"][0], 1024, 1024) for part in ("body", "panel"))
    assert (data[body] == (255, 0, 0)).all()
    assert (data[panel] == (0, 0, 255)).all()
    assert not data[~(body | panel)].any()


def test_names_of_labelled_images_are_flat():
    assert submission.member_of("XMM Newton/00012_img.jpg") == "XMM Newton__00012_layer.npz"


@pytest.mark.parametrize("compressed", [True, False])
def test_bool_arrays_are_taken(tmp_path, compressed):
    path = zipped(tmp_path / "a.zip", pair(npz(compressed, data=GOOD > 0)))
    found, _ = TRACK.upload.read(path, IMAGES)
    assert found["body_rle"][0] == found["body_rle"][1] == rle.encode(GOOD[..., 0] > 0)
    assert found["panel_rle"][0] == found["panel_rle"][1] == rle.encode(GOOD[..., 2] > 0)


def coloured(*colour):
    odd = GOOD.copy()
    odd[3, 4] = colour
    return odd


def bomb():
    """A few kilobytes that say they hold a gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", bytes(50_000_000))
    return out.getvalue()


def inner(*member):
    """An npz with a member written by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if member:
            archive.writestr(*member)
    return out.getvalue()


FAULTS = {
    "missing": ([("test_00000_layer.npz", npz(data=GOOD))], "'test_00001_layer.npz': missing"),
    "twice": (pair(npz(data=GOOD), "test_00000_layer.npz"), "'test_00000_layer.npz': 2 times"),
    "extra": ([*pair(npz(data=GOOD)), ("readme.txt", "x")], "'readme.txt': not expected"),
    "nested": (pair(npz(data=GOOD), "out/test_00001_layer.npz"), "'out/test_00001_layer.npz': not expected"),
    "leaves the folder": (pair(npz(data=GOOD), "../test_00001_layer.npz"), "'../test_00001_layer.npz': not expected"),
    "key": (pair(npz(mask=GOOD)), "keys ['mask'], expected ['data']"),
    "two keys": (pair(npz(data=GOOD, more=GOOD)), "keys ['data', 'more']"),
    "shape": (pair(npz(data=GOOD[:512])), "uint8 (512, 1024, 3), expected"),
    "channels": (pair(npz(data=GOOD[..., 0])), "uint8 (1024, 1024), expected"),
    "type": (pair(npz(data=GOOD.astype(np.float32))), "float32 (1024, 1024, 3), expected"),
    "colour": (pair(npz(data=coloured(254, 0, 0))), "1 pixels of other colours than black, red and blue"),
    "green": (pair(npz(data=coloured(0, 255, 0))), "row 3, column 4: (0, 255, 0)"),
    "both": (pair(npz(data=coloured(255, 0, 255))), "row 3, column 4: (255, 0, 255)"),
    "bool bytes": (pair(npz(data=(GOOD // 128 * 2).view(bool))), "pixels of other colours"),
    "bomb": (pair(bomb()), "array of 50,000,000 bytes, expected at most"),
    "large": (pair(bytes(7_000_000)), "7,000,000 bytes unpacked, expected at most"),
    "no npz": (pair(b"hello"), "cannot be read as an npz: File is not a zip file"),
    "empty": (pair(b""), "cannot be read"),
    "cut": (pair(npz(data=GOOD)[:2000]), "cannot be read"),
    "pickle": (
        pair(npz(data=np.array([{"a": 1}], object))),
        "cannot be read as an npz: Object arrays cannot be loaded",
    ),
    "no npy": (pair(inner("data.npy", b"hello")), "'test_00001_layer.npz': data is no numpy array"),
    "no array": (pair(inner()), "keys [], expected ['data']"),
    "a bare pickle": (pair(pickle.dumps(GOOD)), "cannot be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(tmp_path, fault):
    members, words = FAULTS[fault]
    with pytest.warns(UserWarning, match="Duplicate name") if fault == "twice" else nullcontext():
        path = zipped(tmp_path / "a.zip", members)
    with pytest.raises(UserError, match="is not a valid submission") as error:
        TRACK.upload.read(path, IMAGES)
    assert words in str(error.value)


def test_a_cut_zip(tmp_path):
    path = zipped(tmp_path / "a.zip", pair(npz(data=GOOD)))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UserError, match="the zip cannot be read"):
        TRACK.upload.read(path, IMAGES)


def test_no_zip(tmp_path):
    with pytest.raises(UserError, match=r"`\./run\.sh package` writes one"):
        TRACK.upload.read(tmp_path / "none.zip", IMAGES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    return zipped(path, pair(npz(data=GOOD))).read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_gives_a_traceback(whole, tmp_path, data):
    """Bytes changed, cut out or put in anywhere: the zip is refused in words, or still says the same."""
    content = damaged(data, whole, most_cut=200, most_put=50)
    path = tmp_path / "b.zip"
    path.write_bytes(content)
    try:
        rows, _ = TRACK.upload.read(path, IMAGES)
    except UserError:
        return
    assert rows["body_rle"].tolist() == [rle.encode(GOOD[..., 0] > 0)] * 2
