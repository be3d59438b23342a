from itertools import groupby

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.masks import rle

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape))
ALPHABET = "".join(map(chr, range(48, 112)))


def lengths_of(mask_hw):
    """Runs down the columns, the first of zeros."""
    runs = [(value, len(list(group))) for value, group in groupby(mask_hw.T.ravel().tolist())]
    return [0] * runs[0][0] + [length for _, length in runs]


def text_of(lengths):
    """COCO's packing of run lengths, written from its description."""
    text = ""
    for i, length in enumerate(lengths):
        left, more = length - lengths[i - 2] if i > 2 else length, True
        while more:
            five, left = left & 31, left >> 5
            more = left != (-1 if five & 16 else 0)
            text += chr(48 + five + 32 * more)
    return text


@given(MASKS)
@example(np.zeros((7, 5), bool))
@example(np.ones((7, 5), bool))
@example(np.ones((1, 1), bool))
@example(np.eye(1, 40, 13, dtype=bool))
@example(np.eye(40, 1, -13, dtype=bool))
@example(np.indices((33, 31)).sum(0) % 2 == 0)
def test_runs_text_area_and_back(mask_hw):
    counts = rle.encode(mask_hw)
    assert rle.runs(counts).tolist() == lengths_of(mask_hw)
    assert counts == text_of(lengths_of(mask_hw))
    assert rle.area(counts, *mask_hw.shape) == mask_hw.sum()
    back = rle.decode(counts, *mask_hw.shape)
    assert back.dtype == bool
    np.testing.assert_array_equal(back, mask_hw)


def test_large_runs_and_memory_orders():
    mask_hw = np.zeros((1024, 1024), np.uint8)
    mask_hw[3, 1000] = mask_hw[1023, 1023] = 1
    assert rle.runs(rle.encode(mask_hw)).tolist() == [1024 * 1000 + 3, 1, 1024 * 24 - 5, 1]
    assert rle.encode(np.asfortranarray(mask_hw)) == rle.encode(mask_hw) == rle.encode(mask_hw.astype(bool))


@pytest.mark.parametrize("lengths", [[15], [17], [3, 12], [0, 17], [5, 6, 4], [], [2**34]])
def test_sums_that_are_not_the_size_are_refused(lengths):
    with pytest.raises(rle.RleError):
        rle.check(text_of(lengths), 4, 4)
    with pytest.raises(rle.RleError):
        rle.decode(text_of(lengths), 4, 4)


def test_runs_whose_sum_overflows_are_refused():
    """pycocotools would compare such masks for ever."""
    lengths = [2**33] * 100
    with pytest.raises(rle.RleError, match="a run of 8589934592 pixels, expected at most 4 x 4 = 16"):
        rle.check(text_of(lengths), 4, 4)


def test_the_message_says_found_and_expected():
    with pytest.raises(rle.RleError, match="sum to 15, expected 4 x 4 = 16"):
        rle.check(text_of([15]), 4, 4)


@pytest.mark.parametrize("lengths", [[5, -2, 13], [-1, 17], [8, 4, 2, -3, 5]])
def test_negative_runs_are_refused_though_the_sum_is_right(lengths):
    assert sum(lengths) == 16
    with pytest.raises(rle.RleError, match="negative"):
        rle.check(text_of(lengths), 4, 4)


@pytest.mark.parametrize(
    "counts", [None, 3, float("nan"), "", b"04", [16], "\x00", "é", "04 ", "p", "/", "o" * 40, "P"]
)
def test_what_is_not_counts_is_refused(counts):
    with pytest.raises(rle.RleError):
        rle.check(counts, 4, 4)


@given(st.one_of(st.text(), st.text(ALPHABET), st.text(ALPHABET, min_size=200, max_size=300)))
def test_garbage_is_refused_or_sound_and_nothing_else(counts):
    try:
        mask_hw = rle.decode(counts, 4, 4)
    except rle.RleError:
        return
    lengths = rle.runs(counts)
    values = np.repeat(np.arange(len(lengths)) % 2, lengths)
    np.testing.assert_array_equal(mask_hw.T.ravel(), values)


def test_runs_of_nothing_in_the_middle_are_legal():
    counts = text_of([4, 0, 4, 2, 0, 3, 3])
    assert rle.decode(counts, 4, 4).sum() == rle.area(counts, 4, 4) == 5


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 1.0])
def test_full_size_masks_come_back(share):
    mask_hw = np.random.default_rng(4).random((1024, 1024)) < share
    counts = rle.encode(mask_hw)
    np.testing.assert_array_equal(rle.decode(counts, 1024, 1024), mask_hw)
    assert rle.area(counts, 1024, 1024) == mask_hw.sum()


@pytest.mark.parametrize("width", range(2, 8))
def test_numbers_written_longer_than_needed_mean_the_same(width):
    """Runs 1, 5, 3, 1 of a 2 x 5 mask, the last as -4, each in `width` characters."""
    fives = [[value >> 5 * k & 31 for k in range(width)] for value in (1, 5, 3, -4)]
    counts = "".join(chr(48 + five + 32 * (k < width - 1)) for run in fives for k, five in enumerate(run))
    assert rle.runs(counts).tolist() == [1, 5, 3, 1]
    assert rle.decode(counts, 2, 5).T.ravel().tolist() == [0, 1, 1, 1, 1, 1, 0, 0, 0, 1]
