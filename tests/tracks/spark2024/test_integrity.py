"""One fault at a time in a real file; every fault has a code, and a sound image none."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.files import file_hash
from pipeline.masks import rle
from pipeline.tracks.spark2024.integrity import Labelled, check_image
from tests.makers import COLOURS, scene, write_rgb

IMAGE, LABELS, BOX = scene(7, 256)


@pytest.fixture
def item(tmp_path):
    write_rgb(tmp_path / "images/a_img.jpg", IMAGE)
    write_rgb(tmp_path / "mask/a_layer.jpg", COLOURS[LABELS])
    return Labelled(tmp_path, Path("images/a_img.jpg"), Path("mask/a_layer.jpg"), BOX)


def path_of(item, kind):
    return item.folder / getattr(item, kind)


def codes(item):
    return [problem.partition(":")[0] for problem in check_image(item)["problems"]]


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
    assert check_image(item)["problems"] == [f"{kind}-missing: {getattr(item, kind)}"]


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
    assert check_image(item)["problems"] == [f"image-undecodable: a.png: cut short after {len(whole) - 12} bytes"]


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
    assert problem.startswith(f"{kind}-undecodable: {getattr(item, kind)}: damaged: ")
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
    assert facts["problems"] == [f"{kind}-unreadable: {getattr(item, kind)}: Permission denied"]
    assert (facts["unread"], facts["content_hash"] == "") == (True, kind == "image")


@pytest.mark.parametrize("kind", ["image", "mask"])
def test_sixteen_bits_a_channel_are_said(item, kind):
    pixels = {"image": IMAGE, "mask": COLOURS[LABELS]}[kind]
    deep = pixels[..., ::-1].astype(np.uint16) * 257
    assert cv2.imwrite(str(item.folder / "deep.png"), deep)
    facts = check_image(item._replace(**{kind: Path("deep.png")}))
    assert facts["problems"] == [f"{kind}-depth: 16 bits a channel, read as 8"]
    assert facts["body_rle"] is not None


def test_mask_of_another_size(item):
    write_rgb(path_of(item, "mask"), COLOURS[cv2.resize(LABELS, (200, 256))])
    facts = check_image(item)
    assert facts["problems"] == ["mask-size: 200x256, image 256x256"]
    assert facts["body_rle"] is None


def test_green_paint(item):
    write_rgb(path_of(item, "mask"), (LABELS > 0)[..., None] * np.array([0, 255, 0], np.uint8))
    assert codes(item) == ["mask-colours", "mask-empty"]


@pytest.mark.parametrize("colour", [(255, 255, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255)])
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_paint_that_is_near_red_or_blue_but_neither(item, tmp_path, colour, ending):
    """A white mask tells no panel from its body."""
    mask = write_rgb(tmp_path / f"paint.{ending}", (LABELS > 0)[..., None] * np.array(colour, np.uint8))
    assert "mask-colours" in codes(item._replace(mask=Path(mask.name)))


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 127, 64), (0, 0, 0)])
def test_grey_label_values_and_black(item, tmp_path, values):
    grey = np.array(values, np.uint8)[LABELS][..., None].repeat(3, axis=2)
    mask = write_rgb(tmp_path / "labels.png", grey)
    assert "mask-empty" in codes(item._replace(mask=Path(mask.name)))


@pytest.mark.parametrize("thickness", [2, 3, 5])
def test_thin_masks_are_not_foreign(item, thickness):
    labels_hw = np.zeros_like(LABELS)
    for at in range(20, 240, 30):
        labels_hw[20:240, at : at + thickness] = 1
    labels_hw[200 : 200 + thickness, 20:240] = 2
    write_rgb(path_of(item, "mask"), COLOURS[labels_hw], quality=75)
    assert codes(item._replace(box=None)) == []


X_MIN, Y_MIN, X_MAX, Y_MAX = BOX


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ((X_MIN + 40, Y_MIN, X_MAX, Y_MAX), "box-mask"),
        ((0, 0, 256, 256), "box-mask"),
        ((X_MAX, Y_MIN, X_MIN, Y_MAX), "box-invalid"),
        ((X_MIN, Y_MIN, X_MIN, Y_MAX), "box-invalid"),
        ((0, 0, 0, 0), "box-invalid"),
        ((X_MIN, Y_MIN, float("nan"), Y_MAX), "box-invalid"),
        ((X_MIN, Y_MIN, float("inf"), Y_MAX), "box-invalid"),
        ((-1, Y_MIN, X_MAX, Y_MAX), "box-outside"),
        ((X_MIN, Y_MIN, X_MAX, 257), "box-outside"),
    ],
)
def test_boxes(item, box, code):
    facts = check_image(item._replace(box=box))
    assert facts["problems"][0].startswith(f"{code}: ")
    assert facts["box_valid"] == (code != "box-invalid")


@pytest.mark.parametrize("shift", [0, 1, 2, -2])
def test_a_box_a_pixel_or_two_off_is_no_problem(item, shift):
    assert codes(item._replace(box=tuple(value + shift for value in BOX))) == []


def test_a_swapped_box_says_so(item):
    (problem,) = check_image(item._replace(box=(Y_MIN, X_MIN, Y_MAX, X_MAX)))["problems"]
    assert problem.startswith("box-mask")
    assert "rows and columns swapped" in problem
    (problem,) = check_image(item._replace(box=(0, 0, 20, 20)))["problems"]
    assert "swapped" not in problem


def test_every_fault_is_listed(item):
    write_rgb(path_of(item, "mask"), np.zeros_like(COLOURS[LABELS]))
    assert codes(item._replace(image=Path("no"), box=(-5, 0, 10, 10))) == ["image-missing", "box-outside", "mask-empty"]


def test_nothing_is_outside_of_an_image_whose_size_is_unknown(item):
    """Where neither file can be read."""
    for kind in ("image", "mask"):
        path_of(item, kind).unlink()
    assert codes(item._replace(box=(-5, 0, 10, 2000))) == ["image-missing", "mask-missing"]


@pytest.mark.parametrize(("off", "expected"), [(0, []), (1, []), (2, []), (3, ["box-mask"])])
def test_a_small_box_may_be_a_pixel_or_two_off(item, tmp_path, off, expected):
    """One pixel of six halves the IoU, yet is no more than JPEG does."""
    labels_hw = np.zeros_like(LABELS)
    labels_hw[100:106, 50:56] = 1
    mask = write_rgb(tmp_path / "small.png", COLOURS[labels_hw])
    assert codes(item._replace(mask=Path(mask.name), box=(50 - off, 100, 56 + off, 106))) == expected


@pytest.mark.parametrize("box", [(float("nan"),) * 4, (X_MIN, float("-inf"), X_MAX, Y_MAX)])
def test_a_box_without_numbers_is_no_outside_nor_swapped_box(item, box):
    found = check_image(item._replace(box=box))["problems"]
    assert [problem.partition(":")[0] for problem in found] == ["box-invalid"]
