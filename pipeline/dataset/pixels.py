"""The one reader of image files: pixels as they are stored, and in words what keeps a file from being whole."""

import errno
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import simplejpeg

from pipeline.errors import UserError, reason

FLAGS = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
MOST_PIXELS = 1 << 30  # OpenCV's own bound, held for JPEGs too
CUT, CORRUPT = "Premature end of JPEG file", "Corrupt JPEG data: "  # libjpeg's words where pixels are lost
NO_SUCH_NAME = (errno.ENAMETOOLONG, errno.ELOOP)
PNG_START = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """What a file holds.

    Attributes:
        rgb_hwc: uint8 RGB as stored: a camera's note to turn it (EXIF) is not followed, for masks and boxes belong to
            the stored pixels. Of a damaged JPEG what can be decoded; None where nothing can
        fault: why it is not whole, in words and without the path; empty where it is
        unread: the file is there, but could not be read: that may pass
        missing: there is no such file, or it has a name that none can have
        depth: bits a channel as stored
        content: the file's bytes
    """

    rgb_hwc: np.ndarray | None
    fault: str = ""
    unread: bool = False
    missing: bool = False
    depth: int = 8
    content: bytes = b""


def read_picture(path: Path) -> Picture:
    """Read and decode a file, whatever is wrong with it."""
    try:
        return decoded(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        return Picture(None, error.strerror, missing=True)
    except OSError as error:
        never = error.errno in NO_SUCH_NAME
        return Picture(None, error.strerror or reason(error), unread=not never, missing=never)
    except ValueError as error:  # a zero byte, or half a surrogate
        return Picture(None, reason(error), missing=True)


def read_pixels(path: Path) -> np.ndarray:
    """The pixels (height, width, 3), uint8 RGB, of a file. Raises UserError unless it is there and whole."""
    picture = read_picture(path)
    if picture.fault:
        raise UserError(f"{path} cannot be read: {picture.fault}.")
    return picture.rgb_hwc


def decoded(content: bytes) -> Picture:
    """The picture that the bytes of a file are."""
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(PNG_START):
        fault = _png_fault(content)
        if fault:
            return Picture(None, fault, content=content)
        return _by_opencv(content, content[len(PNG_START) + 16])
    return _by_opencv(content)


def _jpeg(content: bytes) -> Picture:
    """OpenCV's pixels to the bit, with libjpeg's word on whether any were lost, which OpenCV keeps to itself."""
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content, strict=False)
    except (KeyError, ValueError):  # a header that ends early, or of a kind that simplejpeg has no name for
        return _by_opencv(content)
    if height * width > MOST_PIXELS:
        return Picture(None, f"a header that claims {width}x{height} pixels", content=content)
    try:
        return Picture(simplejpeg.decode_jpeg(content, "RGB"), content=content)
    except ValueError as error:
        words = str(error)
    if not words.startswith((CUT, CORRUPT)):
        return _by_opencv(content)
    rgb_hwc = np.zeros((height, width, 3), np.uint8)  # black where nothing can be decoded
    try:
        simplejpeg.decode_jpeg(content, "RGB", strict=False, buffer=rgb_hwc)
    except ValueError:
        rgb_hwc = None
    fault = _cut(content) if words == CUT else f"damaged: {words.removeprefix(CORRUPT)}"
    return Picture(rgb_hwc, fault, content=content)


def _png_fault(content: bytes) -> str:
    """Why the chunks of a PNG (length, kind, data, CRC) do not lead to its end; bytes behind that do not matter."""
    at = len(PNG_START)
    while at + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + size
        if end > len(content):
            break
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return f"damaged: checksum of {kind.decode('latin-1')!r} at byte {at}"
        if at == len(PNG_START) and kind != b"IHDR":
            return f"damaged: it begins with {kind.decode('latin-1')!r}"
        if kind == b"IEND":
            return ""
        at = end
    return _cut(content)


def _by_opencv(content: bytes, depth: int = 8) -> Picture:
    try:
        rgb_hwc = cv2.imdecode(np.frombuffer(content, np.uint8), FLAGS) if content else None
    except cv2.error:  # a header that claims more pixels than OpenCV takes
        return Picture(None, "a header that claims too many pixels", content=content)
    if rgb_hwc is not None:
        return Picture(rgb_hwc, depth=depth, content=content)
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content:
        return Picture(None, _cut(content), content=content)
    return Picture(None, f"no image that can be decoded, {len(content)} bytes", content=content)


def _cut(content: bytes) -> str:
    return f"cut short after {len(content)} bytes"
