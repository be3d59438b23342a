import math

import pytest
import torch

from pipeline.models.pose_heads import BOX_LEAST, BoxHead


@pytest.mark.parametrize(
    ("logits", "box"),
    [
        ([0, -math.log(3), 0, -math.log(7)], [0.25, 0.1875, 0.75, 0.3125]),
        ([1e4, -1e4, -1e4, 1e4], [1 - BOX_LEAST / 2, -0.5, 1 + BOX_LEAST / 2, 0.5]),
    ],
)
def test_a_box_has_its_centre_and_sides_by_sigmoids_and_is_upright_whatever_they_are(logits, box):
    head = BoxHead(8, deepest=32, dropout=0.0)
    head.layers[-1].weight.data.zero_()
    head.layers[-1].bias.data = torch.tensor(logits)
    found_b4 = head([torch.rand(3, 8, side, side) for side in (32, 16, 8, 4)])
    torch.testing.assert_close(found_b4, torch.tensor([box] * 3), atol=BOX_LEAST / 2, rtol=0)
    assert (found_b4[:, :2] < found_b4[:, 2:]).all()
