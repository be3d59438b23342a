import numpy as np
import pytest
import torch
from torch import nn

from pipeline.contracts import Asked
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
        ({"box_head": 1.0}, {"box_head": True}, True, []),
        ({"box_head": 1.0}, {}, True, ["loss.box_head needs model.box_head true, or 0"]),
        ({"bce": 1.0}, {"box_head": True}, True, ["model.box_head needs a weight of loss.box_head, or false"]),
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
    """And a box that does not turn with the image: a fifth is left free on its left, nothing elsewhere."""

    def forward(self, image_bchw):
        return super().forward(image_bchw) | {"box": torch.tensor([[0.2, 0.0, 1.0, 1.0]])}


def test_the_answer_has_the_head_s_box_turned_back_from_each_view():
    """Of eight views two have each side of the image on their left."""
    task = Parts(CLASSES, classified=False)
    outputs = task.merge(Boxed(), torch.zeros(1, 3, 8, 8), "d4")
    answer = task.answer({name: tensor[0].numpy() for name, tensor in outputs.items()}, Asked("a", None, 10, 20))
    assert [answer[name] for name in ("x_min", "y_min", "x_max", "y_max")] == pytest.approx([1.0, 0.5, 19.0, 9.5])
