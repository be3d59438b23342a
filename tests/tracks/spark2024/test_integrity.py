"""One fault at a time in a real file; every fault has a code, and a sound image has none."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.files import file_hash
from pipeline.masks import rle
from pipeline.tracks.spark2024.integrity import check_image
from tests.makers import COLOURS, write_rgb
from tests.tracks.spark2024.labelled import IMAGE, LABELS, codes, path_of


def test_a_sound_image(item):
    facts = check_image(item)
    assert (facts["problems"], facts["box_valid"], facts["unread"]) == ([], True, False)
    assert (facts["height"], facts["width"]) == (256, 256)
    for label, name in ((1, "body_rle"), (2, "panel_rle")):
        found, true = rle.decode(facts[name], 256, 256), label == LABELS
        assert (found & true).sum() / (found | true).sum() > 0.98
    assert facts["content_hash"] == file_hash(path_of(item, "image"))


def test_an_image_without_labels(item):
    facts = check_image(item._replace(mask=None, box=None))
    assert facts["problems"] == []
    assert facts["body_rle"] is facts["panel_rle"] is None


def test_the_hash_is_of_the_image_alone(item):
    before = check_image(item)["content_hash"]
    write_rgb(path_of(item, "mask"), COLOURS[np.roll(LABELS, 9, 0)])
    assert check_image(item)["content_hash"] == before
    write_rgb(path_of(item, "image"), IMAGE[::-1])
    assert check_image(item)["content_hash"] != before


@pytest.mark.parametrize("kind", ["image", "mask"])
@pytest.mark.parametrize("left", [0, 1, 2, 300, 0.5, -1])
def test_cut_short(item, kind, left):
    path = path_of(item, kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * left) if left == 0.5 else left])
    assert f"{kind}-undecodable" in codes(item)


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_missing(item, kind):
    path_of(item, kind).unlink()
    assert check_image(item)["problems"] == [(f"{kind}-missing", str(getattr(item, kind)), "")]


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_a_folder_where_a_file_should_be(item, kind):
    """What a CSV row without a file name comes to."""
    changed = item._replace(**{kind: getattr(item, kind).parent})
    assert f"{kind}-missing" in codes(changed)


def test_not_an_image(item):
    path_of(item, "image").write_text("<html>404 Not Found</html>")
    assert "image-undecodable" in codes(item)


def test_png_without_its_end(item, tmp_path):
    image = write_rgb(tmp_path / "a.png", IMAGE)
    item = item._replace(image=Path("a.png"))
    assert codes(item) == []
    whole = image.read_bytes()
    image.write_bytes(whole[:-12])
    assert check_image(item)["problems"] == [("image-undecodable", "a.png", f"cut short after {len(whole) - 12} bytes")]


def test_a_png_whose_header_claims_a_huge_image(item, tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    image = tmp_path / "huge.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    assert codes(item._replace(image=Path(image.name))) == ["image-undecodable"]


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_no_truth_without_a_size(item, kind):
    """An RLE whose size is 0 x 0 crashes pycocotools when it is judged."""
    path_of(item, kind).write_bytes(b"")
    facts = check_image(item)
    if facts["body_rle"] is not None:
        rle.check(facts["body_rle"], facts["height"], facts["width"])


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_zeros_in_the_middle_are_no_truth(item, kind):
    path = path_of(item, kind)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(200) + data[len(data) // 2 + 200 :])
    facts = check_image(item)
    (problem,) = facts["problems"]
    assert (problem.code, problem.path) == (f"{kind}-undecodable", str(getattr(item, kind)))
    assert problem.text.startswith("damaged: ")
    assert (facts["body_rle"] is None) == (kind == "mask")
    assert (facts["height"], facts["width"]) == (256, 256)  # that of the other file


def test_bytes_behind_the_end_do_not_matter(item):
    before = check_image(item)
    for kind in ("image", "mask"):
        with path_of(item, kind).open("ab") as file:
            file.write(bytes(512))
    after = check_image(item)
    assert after.pop("content_hash") != before.pop("content_hash")
    assert after == before


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_a_file_that_cannot_be_read_is_not_missing(item, monkeypatch, kind):
    read = Path.read_bytes

    def refused(path):
        if path.name == getattr(item, kind).name:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    facts = check_image(item)
    assert facts["problems"] == [(f"{kind}-unreadable", str(getattr(item, kind)), "Permission denied")]
    assert (facts["unread"], facts["content_hash"] == "") == (True, kind == "image")


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_sixteen_bits_a_channel_are_said(item, kind):
    pixels = {"image": IMAGE, "mask": COLOURS[LABELS]}[kind]
    deep = pixels[..., ::-1].astype(np.uint16) * 257
    assert cv2.imwrite(str(item.folder / "deep.png"), deep)
    facts = check_image(item._replace(**{kind: Path("deep.png")}))
    assert facts["problems"] == [(f"{kind}-depth", "deep.png", "16 bits a channel, read as 8")]
    assert facts["body_rle"] is not None


def test_mask_of_another_size(item):
    write_rgb(path_of(item, "mask"), COLOURS[cv2.resize(LABELS, (200, 256))])
    facts = check_image(item)
    assert facts["problems"] == [("mask-size", str(item.mask), "200x256, image 256x256")]
    assert facts["body_rle"] is None
