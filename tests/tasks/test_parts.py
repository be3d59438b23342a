import numpy as np
import pytest
import torch
from torch import nn

from pipeline.contracts import Asked
from pipeline.engine.device import on_device
from pipeline.engine.training import Training
from pipeline.masks.extent import soft_extent
from pipeline.models.two_looks import TwoLooks
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


TASK = Parts(CLASSES, classified=False)


@pytest.mark.parametrize(
    ("distil", "teacher", "wrong"),
    [
        (1.0, "big", []),
        (0.0, "big", ["loss.distil is 0, teacher is big: give both, or neither"]),
        (0.5, None, ["loss.distil is 0.5, teacher is None: give both, or neither"]),
    ],
)
def test_a_teacher_needs_a_weight_and_a_weight_a_teacher(distil, teacher, wrong):
    taught = config({"bce": 1.0, "distil": distil}, {})
    taught.teacher = teacher
    assert TASK.impossible(taught) == wrong
    assert TASK.teacher(taught) == teacher


def test_a_teacher_of_other_outputs_is_refused():
    taught, teacher = config({"distil": 1.0}, {}), config({"ce": 1.0}, {"masks": "softmax", "classify": False})
    taught.teacher = "big"
    assert TASK.impossible(taught, config({"bce": 1.0}, {"size": 96, "encoder": "another"})) == []
    assert TASK.impossible(taught, teacher) == [
        "model.masks is sigmoid, and the teacher's softmax",
        "model.classify is True, and the teacher's False",
    ]


class Red(nn.Module):
    """Body where red is, no panel; the first class by how much; keeps the sizes that it was shown."""

    def __init__(self, size):
        super().__init__()
        self.size, self.scale, self.shown = size, nn.Parameter(torch.tensor(8.0)), []

    def forward(self, image_bchw):
        self.shown.append(tuple(image_bchw.shape))
        body_bhw = (image_bchw[:, 0] - 0.5) * self.scale
        red_b = body_bhw.mean(dim=(1, 2))
        return {"mask": torch.stack([body_bhw, body_bhw * 0 - 4], dim=1), "class": torch.stack([red_b, -red_b], dim=1)}


@pytest.mark.parametrize("size", [8, 16, 32])
def test_a_teacher_sees_its_own_size_and_says_probabilities_at_the_images(size):
    teacher, image_bchw = Red(size), torch.zeros(2, 3, 16, 16)
    image_bchw[0, 0, :, :8], image_bchw[1, 0] = 1.0, 1.0
    said = TASK.taught(teacher, image_bchw)
    assert teacher.shown == [(2, 3, size, size)]
    assert {name: tuple(tensor.shape) for name, tensor in said.items()} == {
        "teacher_mask": (2, 2, 16, 16),
        "teacher_class": (2, 2),
    }
    high, low = 1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4))
    columns = said["teacher_mask"][0, 0].mean(dim=0)[[0, 6, 9, 15]]  # the edge between them is softer at lower sizes
    torch.testing.assert_close(columns, torch.tensor([high, high, low, low]).float(), atol=0.2, rtol=0)
    torch.testing.assert_close(said["teacher_mask"][1].mean(dim=(1, 2)), torch.tensor([high, low]).float())
    torch.testing.assert_close(said["teacher_class"][1, 0].item(), 1 / (1 + np.exp(-8)))


def test_a_teacher_that_looks_twice_looks_as_it_does_to_answer():
    look, image_bchw = Red(32), torch.zeros(1, 3, 32, 32)
    image_bchw[:, 0, 8:16, 8:16] = 1.0
    teacher = TwoLooks(look, 32, 16, 16)
    said = [TASK.taught(teacher, image_bchw)["teacher_mask"] for _ in range(2)]
    assert look.shown == [(1, 3, 16, 16)] * 4
    assert torch.equal(*said)
    assert torch.equal(said[0], TASK.merge(teacher, image_bchw, "none")["mask"])


class Pixel(nn.Module):
    """Masks and class by a linear map of each pixel: it can say what Red says."""

    def __init__(self):
        super().__init__()
        self.encoder, self.head = nn.Conv2d(3, 2, 1), nn.Linear(3, 2)

    def forward(self, image_bchw):
        return {"mask": self.encoder(image_bchw), "class": self.head(image_bchw.mean(dim=(2, 3)))}

    def encoder_parameters(self):
        return list(self.encoder.parameters())


def test_by_distillation_alone_a_student_comes_to_say_what_its_teacher_says():
    """Truth in the batch is the opposite, and nothing of the teacher is changed or kept."""
    values = config({"distil": 1.0}, {"size": 16})
    values.teacher, values.optim.epochs, values.optim.lr, values.optim.encoder_lr_factor = "red", 30, 0.2, 1.0
    torch.manual_seed(0)
    images = torch.randint(256, (20, 4, 3, 16, 16), dtype=torch.uint8)
    images[:, ::2] //= 2  # some darker: their class is another
    batches = [
        {"image": image, "mask": 255 * (image[:, :2] < 128).to(torch.uint8), "class": torch.ones(4, dtype=torch.long)}
        for image in images
    ]
    student, teacher = Pixel(), Red(16).eval()
    training = Training(TASK, values, student, len(batches), on_device(teacher))

    def gaps():
        image_bchw = images[0].to(training.fabric.device) / 255
        with torch.no_grad():
            one, other = (TASK.merge(network, image_bchw, "none") for network in (student, teacher))
        return [(one[name] - other[name]).abs().mean().item() for name in ("mask", "class")]

    first = gaps()
    lines = [training.run_epoch(batches, iter(())) for _ in range(values.optim.epochs)]
    assert min(first) > 0.1
    assert max(gaps()) < 0.03
    assert lines[0].keys() == {"loss", "distil"}
    assert lines[-1]["distil"] < lines[0]["distil"]
    assert (teacher.scale.item(), teacher.scale.grad, teacher.training) == (8.0, None, False)
    state = training.state()
    assert state["network"].keys() == state["average"].keys() == student.state_dict().keys()
    assert len(state["optimiser"]["state"]) == len(list(student.parameters()))
