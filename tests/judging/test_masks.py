import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.judging.masks import iou, overlap
from pipeline.masks import rle

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(arrays.arrays(bool, shape), arrays.arrays(bool, shape)))


@given(PAIRS)
def test_pixel_counts_are_those_of_the_dense_masks(pair):
    first, second = pair
    found = overlap(rle.encode(first), rle.encode(second), *first.shape)
    assert found == (first.sum(), second.sum(), (first & second).sum())


def test_iou_of_two_empty_masks_is_one():
    assert iou(np.array([0.0, 4.0, 0.0]), np.array([0.0, 2.0, 5.0]), np.array([0.0, 2.0, 0.0])).tolist() == [1, 0.5, 0]


def test_no_truth():
    assert np.isnan(overlap(None, rle.encode(np.ones((2, 2), bool)), 2, 2)).all()


@pytest.mark.parametrize("size", [0, 512])
def test_overlap_of_a_wrong_size_is_an_error_and_neither_a_crash_nor_endless(size):
    """pycocotools divides by a height of 0, and never ends where two sums differ: hence another process."""
    code = (
        "import numpy as np; from pipeline.masks import rle; from pipeline.judging.masks import overlap\n"
        "full, half = np.zeros((1024, 1024), bool), np.zeros((512, 512), bool)\n"
        "full[100:900, 100:700], half[50:400, 10:500] = True, True\n"
        f"try: overlap(rle.encode(full), rle.encode(half), {size}, {size})\n"
        "except rle.RleError: print('refused')"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=15)
    assert done.stdout == "refused\n", done.returncode
