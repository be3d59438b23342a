"""Pixels are held against OpenCV's and Pillow's own, faults against files damaged in a known way."""

import errno
import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.dataset.pixels import decoded, read_picture, read_pixels
from pipeline.errors import UserError

HEIGHT, WIDTH = 97, 131
NOISE = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
PIXELS = cv2.GaussianBlur(NOISE, (0, 0), 2)


def pillow(kind, mode="RGB", pixels=PIXELS, **settings):
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind, **settings)
    return file.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


JPEG, PNG = pillow("JPEG", quality=92), pillow("PNG")
HALF = len(JPEG) // 2
ZEROS = JPEG[:HALF] + bytes(300) + JPEG[HALF + 300 :]


@pytest.mark.parametrize(
    "content",
    [
        JPEG,
        pillow("JPEG", "L"),
        pillow("JPEG", "CMYK"),
        pillow("JPEG", subsampling=0),
        pillow("JPEG", subsampling=1),
        pillow("JPEG", progressive=True),
        pillow("JPEG", progressive=True, subsampling=0, quality=30),
        pillow("JPEG", restart_marker_blocks=3),
        pillow("JPEG", pixels=PIXELS[:1, :1]),
        pillow("JPEG", pixels=PIXELS[:9, :17], subsampling=2),
        PNG,
        pillow("PNG", "L"),
        pillow("PNG", "P"),
        pillow("PNG", "1"),
        pillow("PNG", "RGBA"),
        pillow("BMP"),
    ],
)
def test_pixels_are_opencv_s(content):
    picture = decoded(content)
    expected = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(picture.rgb_hwc, expected)
    assert (picture.fault, picture.depth <= 8, picture.content) == ("", True, content)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0, 1, 2]), st.booleans(), st.integers(10, 100))
def test_pixels_are_opencv_s_at_any_size(height, width, subsampling, progressive, quality):
    content = pillow(
        "JPEG", pixels=NOISE[:height, :width], subsampling=subsampling, progressive=progressive, quality=quality
    )
    expected = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    picture = decoded(content)
    assert picture.fault == ""
    assert np.array_equal(picture.rgb_hwc, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pixels_are_those_stored_however_the_camera_was_held(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = pillow(kind, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        assert image.getexif()[0x0112] == orientation
        assert np.array_equal(decoded(content).rgb_hwc, np.asarray(image))


@pytest.mark.parametrize(
    "content",
    [JPEG + bytes(512), JPEG + b"SEFT trailer" * 40, JPEG + JPEG, PNG + bytes(3), PNG + b"trailer" * 9, PNG + PNG],
)
def test_what_stands_behind_the_end_does_not_matter(content):
    whole = JPEG if content.startswith(JPEG) else PNG
    picture = decoded(content)
    assert picture.fault == ""
    assert np.array_equal(picture.rgb_hwc, decoded(whole).rgb_hwc)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (JPEG[:HALF], f"cut short after {HALF} bytes"),
        (JPEG[:-1], f"cut short after {len(JPEG) - 1} bytes"),
        (JPEG[:HALF] + b"\xff\xd9", "damaged: premature end of data segment"),
        (ZEROS, "damaged: "),
        (pillow("JPEG", progressive=True)[:-400] + b"\xff\xd9", "damaged: premature end of data segment"),
    ],
    ids=["cut", "last byte", "cut and closed", "zeros", "progressive"],
)
def test_a_damaged_jpeg_gives_what_can_be_decoded(content, fault, capfd):
    picture = decoded(content)
    assert picture.fault.startswith(fault)
    assert picture.rgb_hwc.shape == PIXELS.shape
    upper = np.abs(picture.rgb_hwc[:32].astype(int) - decoded(JPEG).rgb_hwc[:32])
    assert upper.mean() < 4  # a progressive one is coarse
    assert (capfd.readouterr().err, picture.content) == ("", content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no image that can be decoded, 0 bytes"),
        (b"<html>404 Not Found</html>", "no image that can be decoded, 26 bytes"),
        (JPEG[:2], "cut short after 2 bytes"),
        (JPEG[:300], "cut short after 300 bytes"),
        (JPEG[:2] + b"\xff\xd9", "no image that can be decoded, 4 bytes"),
        (PNG[:-12], f"cut short after {len(PNG) - 12} bytes"),
        (PNG[:-1], f"cut short after {len(PNG) - 1} bytes"),
        (PNG[:9], "cut short after 9 bytes"),
        (PNG[:-20] + bytes(4) + PNG[-16:], "damaged: checksum of 'IDAT' at byte 33"),
        (PNG[:8] + PNG[-12:], "damaged: it begins with 'IEND'"),
        (PNG[:33] + PNG[-12:], "no image that can be decoded, 45 bytes"),
    ],
)
def test_nothing_to_decode(content, fault):
    assert decoded(content) == (None, fault, False, False, 8, content)


def test_headers_that_claim_a_huge_image():
    frame = JPEG.index(b"\xff\xc0") + 5  # marker, length, precision
    jpeg = JPEG[:frame] + struct.pack(">HH", 40_000, 50_000) + JPEG[frame + 4 :]
    assert decoded(jpeg)[:2] == (None, "a header that claims 50000x40000 pixels")
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    png = PNG[:8] + chunk(b"IHDR", header) + PNG[33:]
    assert decoded(png)[:2] == (None, "a header that claims too many pixels")


def test_sixteen_bits_are_read_as_eight_and_said():
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
    picture = decoded(cv2.imencode(".png", deep[..., ::-1])[1].tobytes())
    assert (picture.depth, picture.fault) == (16, "")
    assert np.array_equal(picture.rgb_hwc, deep >> 8)


@pytest.mark.parametrize("name", ["gone.jpg", "gone/a.jpg", "a" * 300 + ".jpg", "a\0.jpg", "half\ud800.jpg", "."])
def test_there_is_no_such_file(tmp_path, name):
    picture = read_picture(tmp_path / name)
    assert (picture.rgb_hwc, picture.unread, picture.missing, picture.content) == (None, False, True, b"")
    assert picture.fault


def test_links(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    for name, target in (("to.jpg", "a.jpg"), ("dangling.jpg", "gone.jpg"), ("loop.jpg", "loop.jpg")):
        (tmp_path / name).symlink_to(target)
    assert np.array_equal(read_pixels(tmp_path / "to.jpg"), decoded(JPEG).rgb_hwc)
    for name in ("dangling.jpg", "loop.jpg"):
        picture = read_picture(tmp_path / name)
        assert (picture.missing, picture.unread) == (True, False)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "Permission denied"), (errno.ESTALE, "Stale file handle"), (errno.EIO, "")]
)
def test_a_file_that_cannot_be_read_is_there(tmp_path, monkeypatch, number, words):
    def refused(self):
        raise OSError(number, words, str(self)) if words else OSError()

    monkeypatch.setattr(Path, "read_bytes", refused)
    fault = words or "OSError"
    assert read_picture(tmp_path / "a.jpg") == (None, fault, True, False, 8, b"")
    with pytest.raises(UserError, match=rf"a\.jpg cannot be read: {fault}\."):
        read_pixels(tmp_path / "a.jpg")


@pytest.mark.parametrize("content", [JPEG[:HALF], ZEROS, PNG[:-12], b""])
def test_a_part_is_not_the_whole(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UserError) as error:
        read_pixels(tmp_path / "a.jpg")
    assert str(tmp_path / "a.jpg") in str(error.value)
    assert decoded(content).fault in str(error.value)


def test_threads_tell_their_files_apart():
    with ThreadPoolExecutor(4) as pool:
        faults = [picture.fault for picture in pool.map(decoded, [JPEG, ZEROS, JPEG[:HALF], PNG[:-12]] * 25)]
    assert faults == [decoded(content).fault for content in (JPEG, ZEROS, JPEG[:HALF], PNG[:-12])] * 25
    assert faults.count("") == 25
