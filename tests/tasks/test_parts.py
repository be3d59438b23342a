import numpy as np
import pytest
import torch
from torch import nn

from pipeline.contracts import Asked
from pipeline.masks.extent import soft_extent
from pipeline.tasks.parts import Parts
from pipeline.tasks.parts.config import PartsConfig

CLASSES = ("red", "green")


def config(loss: dict, model: dict) -> PartsConfig:
    made = PartsConfig(track="some")
    vars(made.loss).update(dict.fromkeys(vars(made.loss), 0.0) | loss)
    vars(made.model).update(model)
    return made


@pytest.mark.parametrize(
    ("loss", "model", "classified", "wrong"),
    [
        ({"dice": 1.0, "cls": 1.0}, {}, True, []),
        ({}, {}, True, ["every loss has weight 0"]),
        ({"jaccard": 1.0, "ce": 1.0}, {"masks": "softmax", "classify": False}, False, []),
        (
            {"jaccard": 1.0, "ce": 1.0},
            {},
            True,
            ["loss.ce needs model.masks softmax", "loss.jaccard needs model.masks softmax"],
        ),
        ({"cls": 1.0}, {"classify": False}, False, ["loss.cls needs model.classify true, or 0"]),
        ({"box": 1.0}, {"box": "extent"}, True, []),
        ({"bce": 1.0}, {"box": "extent"}, True, ["model.box extent needs a weight of loss.box, which teaches it"]),
        ({"bce": 1.0}, {"classify": False}, True, ["model.classify is False, and track some asks for the class"]),
    ],
)
def test_what_no_network_can_be_trained_with(loss, model, classified, wrong):
    assert Parts(CLASSES, classified).impossible(config(loss, model)) == wrong


class Constant(nn.Module):
    """Body in the left half, panel in the right half of the lower half, background above; no class."""

    def forward(self, image_bchw):
        logits = torch.zeros(len(image_bchw), 3, *image_bchw.shape[2:])
        half = image_bchw.shape[-1] // 2
        logits[:, 0, :half], logits[:, 1, half:, :half], logits[:, 2, half:, half:] = 3.0, 3.0, 3.0
        return {"mask": logits}


def test_exclusive_masks_without_a_class_become_an_answer():
    task = Parts(CLASSES, classified=False)
    outputs = task.merge(Constant(), torch.zeros(1, 3, 8, 8), "none")
    answer = task.answer({name: tensor[0].numpy() for name, tensor in outputs.items()}, Asked("a", None, 8, 8))
    assert (answer["class_index"], answer["class_name"], answer["class_probs"]) == (-1, "", [])
    assert [answer[name] for name in ("x_min", "y_min", "x_max", "y_max")] == [0, 4, 8, 8]
    assert answer["body_score"] == pytest.approx(1 / (1 + np.exp(-3)))
    picture = task.draw(np.zeros((8, 8, 3), np.uint8), answer)
    assert picture.shape[2] == 3


class Boxed(Constant):
    """And the box of what is bright in the view, but in a view whose first pixel is bright, the whole of it."""

    def forward(self, image_bchw):
        box_b4 = soft_extent(200 * (image_bchw[:, 0] - 0.5))
        whole_b4 = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        return super().forward(image_bchw) | {"box": torch.where(image_bchw[:, 0, 0, :1] > 0.5, whole_b4, box_b4)}


@pytest.mark.parametrize("corner", [False, True])
def test_boxes_are_turned_back_from_each_view_and_one_that_errs_moves_none(corner):
    image_bchw = torch.zeros(1, 3, 16, 16)
    image_bchw[:, :, 2:5, 4:12] = 1.0
    if corner:
        image_bchw[:, 0, 2:5, 0:12] = 1.0
        image_bchw[:, 0, 0:5, 0] = 1.0  # of eight views two begin with it
    outputs = Parts(CLASSES, classified=False).merge(Boxed(), image_bchw, "d4")
    left, top = (0, 0) if corner else (4, 2)
    torch.testing.assert_close(outputs["box"] * 16, torch.tensor([[left, top, 12, 5]]).float())
