import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from pipeline.contracts import Asked
from pipeline.engine.inference import answers, asked_of
from pipeline.tasks.parts import Parts
from tests.toy.track import Number

PARTS = Parts(("red", "green", "blue"), classified=True)


class Corner(nn.Module):
    """Not symmetric at all: body where red is bright, weighted by the place; class by the upper left pixel."""

    def __init__(self, side):
        super().__init__()
        self.place = nn.Parameter(torch.arange(side * side).reshape(1, 1, side, side) / side**2)

    def forward(self, image_bchw):
        masks = (image_bchw[:, :2] - 0.5) * 8 * self.place
        return {"mask": masks, "class": image_bchw[:, :, 0, 0] * 5}


def test_d4_is_the_mean_of_probabilities_over_eight_views_turned_back():
    rng = np.random.default_rng(0)
    image_hwc = rng.random((6, 6, 3)).astype(np.float32)
    network = Corner(6)
    merged = PARTS.merge(network, torch.tensor(image_hwc.transpose(2, 0, 1))[None], "d4")
    masks, classes = merged["mask"], merged["class"]
    place = network.place.detach().numpy()[0, 0]
    expected_masks, expected_classes = [], []
    for flipped in (False, True):
        for k in range(4):
            view = np.rot90(image_hwc[:, ::-1] if flipped else image_hwc, k)
            mask = 1 / (1 + np.exp(-(view[..., :2] - 0.5) * 8 * place[..., None]))
            back = np.rot90(mask, -k)
            expected_masks.append(back[:, ::-1] if flipped else back)
            logits = view[0, 0] * 5
            expected_classes.append(np.exp(logits) / np.exp(logits).sum())
    np.testing.assert_allclose(masks[0].detach().permute(1, 2, 0), np.mean(expected_masks, 0), atol=1e-6)
    np.testing.assert_allclose(classes[0].detach(), np.mean(expected_classes, 0), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_answers_come_in_order_whatever_the_batch(batch_size):
    images = [np.full((8, 8, 3), 20 * i, np.uint8) for i in range(7)]
    asked = [Asked(f"image {i}", image, 16, 24) for i, image in enumerate(images)]
    found = list(answers(PARTS, Corner(8), iter(asked), "none", batch_size))
    assert [answer["image_id"] for answer in found] == [f"image {i}" for i in range(7)]
    assert {(answer["height"], answer["width"]) for answer in found} == {(16, 24)}
    alone = [next(iter(answers(PARTS, Corner(8), [one], "none", 1))) for one in asked]
    assert [a["body_rle"] for a in alone] == [a["body_rle"] for a in found]


def test_images_are_taken_as_they_are_needed():
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield Asked(str(len(taken)), np.zeros((8, 8, 3), np.uint8), 8, 8)

    stream = answers(PARTS, Corner(8), endless(), "none", 2)
    for _ in range(50):
        next(stream)
    assert len(taken) < 60


class Scaled(Number):
    """A number that is multiplied by what is known of its image, or not."""

    asked_columns = ("factor",)

    def answer(self, outputs, asked):
        factor = asked.known["factor"] if asked.decode == "scaled" else 1
        return {"number": factor * asked.image_hwc[0, 0, 0]}


def test_a_task_is_told_what_is_known_of_an_image_and_how_to_decode(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 48, 3), 7, np.uint8))
    row = pd.Series({"image_id": "a", "image_path": "a.png", "height": 48, "width": 48, "factor": 3.0, "number": 9.0})
    asked = asked_of(Scaled(), tmp_path, row, 48)
    assert asked.known == {"factor": 3.0}  # and nothing of the truth
    network = Number().network(Number.Config())
    numbers = [next(answers(Scaled(), network, [asked], views, 1))["number"] for views in ("none", "none+scaled")]
    assert numbers == [7, 21]
