"""Geometry of the second look, against slices and plain loops."""

import torch
from torch import nn

from pipeline.masks.extent import soft_extent
from pipeline.masks.windows import crop, found_window, window_of
from pipeline.models import two_looks
from pipeline.models.two_looks import TwoLooks

SIZE = 64


class Bright(nn.Module):
    """Body where red is bright, class by the mean of blue; keeps the sizes that it was shown."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(20.0))
        self.shown = []

    def forward(self, image_bchw):
        self.shown.append(tuple(image_bchw.shape[-2:]))
        body_bhw = (image_bchw[:, 0] - 0.5) * self.scale
        blue_b = image_bchw[:, 2].mean(dim=(1, 2))
        return {
            "mask": torch.stack([body_bhw, torch.full_like(body_bhw, -9.0)], 1),
            "class": torch.stack([blue_b, -blue_b], 1),
        }

    def encoder_parameters(self):
        return [self.scale]


class Boxed(Bright):
    """And a box: that of what is bright."""

    def forward(self, image_bchw):
        outputs = super().forward(image_bchw)
        return outputs | {"box": soft_extent(outputs["mask"][:, 0])}


def craft(left, top, width, height, size=SIZE):
    """One image with a bright craft, and its mask."""
    image_bchw = torch.zeros(1, 3, size, size)
    image_bchw[:, :, top : top + height, left : left + width] = 1.0
    return image_bchw, image_bchw[:, 0] > 0.5


def test_the_second_look_sees_the_craft_larger_and_the_answer_has_its_place():
    image_bchw, craft_bhw = craft(37, 5, 9, 6)
    look = Bright().eval()
    outputs = TwoLooks(look, SIZE, 16, 32)(image_bchw)
    assert look.shown == [(16, 16), (32, 32)]
    found = outputs["mask"][0, 0] > 0
    first = (
        nn.functional.interpolate(Bright()(nn.functional.avg_pool2d(image_bchw, 4))["mask"], SIZE, mode="bilinear")[
            0, 0
        ]
        > 0
    )
    assert (found ^ craft_bhw[0]).sum() < 0.5 * (first ^ craft_bhw[0]).sum()


def test_the_class_is_the_mean_of_both_looks_probabilities():
    image_bchw, _ = craft(20, 20, 16, 16)
    image_bchw[:, 2] = torch.rand(SIZE, SIZE)
    network = TwoLooks(Bright().eval(), SIZE, 16, 32)
    first = network.look(nn.functional.avg_pool2d(image_bchw, 4))
    window_b3 = found_window(first["mask"].sigmoid().amax(1), two_looks.LEVEL)
    second = network.look(crop(image_bchw, window_b3, 32))
    mean = (first["class"].softmax(1) + second["class"].softmax(1)) / 2
    torch.testing.assert_close(network(image_bchw)["class"].softmax(1), mean)


def test_the_box_is_the_second_look_s_in_the_whole_image():
    image_bchw, _ = craft(37, 5, 10, 6)
    look = Boxed().eval()
    look.scale.data.fill_(1e4)
    true_b4 = torch.tensor([[37, 5, 47, 11]]) / SIZE
    outputs = TwoLooks(look, SIZE, 16, 32)(image_bchw)
    torch.testing.assert_close(outputs["box"], true_b4, atol=0.004, rtol=0)  # half a pixel of the second look


def test_a_wrong_first_look_loses_nothing_that_it_saw_itself(monkeypatch):
    """Taken for the craft at a bright speck: what the first look saw elsewhere still stands."""
    image_bchw, craft_bhw = craft(40, 40, 20, 20)
    look = Bright().eval()
    monkeypatch.setattr(two_looks, "found_window", lambda *_: torch.tensor([[-0.7, -0.7, 0.3]]))
    alone = nn.functional.interpolate(look(nn.functional.avg_pool2d(image_bchw, 2))["mask"], SIZE, mode="bilinear")
    both = TwoLooks(look, SIZE, 32, 32)(image_bchw)["mask"]
    assert look.shown[-1] == (32, 32)
    assert ((both > 0) == (alone > 0)).all()
    assert ((both[:, 0] > 0) & craft_bhw).sum() > 0.8 * craft_bhw.sum()


def test_in_training_the_window_is_the_true_one_give_or_take():
    image_bchw, craft_bhw = craft(20, 24, 16, 8)
    batch = {"mask": torch.stack([craft_bhw, craft_bhw & False], dim=1).to(torch.uint8) * 255}
    network = TwoLooks(Bright(), SIZE, 16, 32)
    torch.manual_seed(0)
    windows = torch.cat([network(image_bchw * 0, batch)["window"] for _ in range(300)])  # nothing is found
    true = window_of(craft_bhw)[0]
    torch.testing.assert_close(windows.mean(0), true, atol=0.01, rtol=0)
    torch.testing.assert_close(windows[:, 0].std(), 2 * 0.06 * true[2], atol=0.01, rtol=0)
    outputs = network(image_bchw, batch)
    assert outputs.keys() == {"mask_coarse", "class_coarse", "mask_fine", "class_fine", "window"}
    assert outputs["mask_fine"].shape == (1, 2, 32, 32)


def test_in_training_half_of_the_windows_are_those_found_where_they_fit():
    image_bchw, craft_bhw = craft(20, 24, 16, 8)
    batch = {"mask": torch.stack([craft_bhw, craft_bhw & False], dim=1).to(torch.uint8) * 255}
    network = TwoLooks(Bright(), SIZE, 16, 32)
    first = network.look(nn.functional.avg_pool2d(image_bchw, 4))
    found_b3 = found_window(first["mask"].detach().sigmoid().amax(1), two_looks.LEVEL)
    torch.manual_seed(0)
    taken = [torch.equal(network(image_bchw, batch)["window"], found_b3) for _ in range(300)]
    assert 120 <= sum(taken) <= 180
    elsewhere = {"mask": batch["mask"].roll(30, dims=3)}  # what is found is not the craft
    assert not any(torch.equal(network(image_bchw, elsewhere)["window"], found_b3) for _ in range(30))


def test_each_look_teaches_by_itself():
    image_bchw, craft_bhw = craft(20, 24, 16, 8)
    batch = {"mask": torch.stack([craft_bhw, craft_bhw & False], dim=1).to(torch.uint8) * 255}
    network = TwoLooks(Bright(), SIZE, 16, 32)
    for name in ("mask_coarse", "mask_fine"):
        network.zero_grad()
        network(image_bchw, batch)[name][:, 0].sum().backward()
        assert network.look.scale.grad.abs() > 0
