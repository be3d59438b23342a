import pytest
import torch

from pipeline.errors import UserError
from pipeline.losses.pose import FIRST, PoseLoss, PoseLossConfig
from pipeline.models.cost import check, count, gmac, mparams
from pipeline.models.pose_build import build_pose_net
from pipeline.models.pose_looks import around
from pipeline.models.pose_net import PoseNet
from pipeline.poses.key_points import TANGO
from pipeline.poses.positions import seen_along, seen_at, translation_of
from pipeline.poses.rotations import matrix_of, matrix_of_6d
from tests.models.test_pose_net import batch_of, shapes_of, small

POINTS = TANGO.tolist()


def looks(heads="PHBS", **values):
    torch.manual_seed(1)
    sizes = {"size": 96, "coarse": 32, "fine": 64, "deepest": 32}
    return small(heads, **sizes | values), build_pose_net(small(heads, **sizes | values), POINTS)


def test_it_answers_of_the_whole_image():
    _, network = looks()
    expected = {"rotation": (2, 6), "position": (2, 3), "heat": (2, 11, 16, 16), "box": (2, 4), "mask": (2, 1, 24, 24)}
    assert shapes_of(network.eval()(torch.rand(2, 3, 96, 96))) == expected | {"window": (2, 3)}


@pytest.mark.parametrize("heads", ["P", "H", "PHBS"])
def test_in_training_every_parameter_is_taught_by_both_looks(heads):
    _, network = looks(heads)
    batch = batch_of(3, 96)
    total, parts = PoseLoss(PoseLossConfig(), heads + FIRST, POINTS)(network(batch["image"] / 1, batch), batch)
    assert "window" in parts
    total.backward()
    assert not [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert set(network.encoder_parameters()) < set(network.shared_parameters()) < set(network.parameters())


def test_both_looks_are_counted():
    once = build_pose_net(small("PH", size=64, deepest=32), POINTS)
    _, twice = looks("PH")
    one, both = (gmac(network.eval(), network.example_input()) for network in (once, twice))
    assert 1.15 * one < both < 1.35 * one  # a quarter of the pixels more, but no heads on them
    assert 0 < mparams(twice) - mparams(once) < 0.02
    check(twice, twice.example_input(), count(twice, twice.example_input()))


def test_the_true_window_is_a_square_around_the_points_inside_the_image():
    nan = torch.nan
    points = torch.tensor([
        [[0.3, 0.4], [0.5, 0.5]],
        [[0.0, 0.1], [0.4, 0.2]],
        [[0.3, 0.4], [nan, nan]],
        [[nan, nan], [nan, nan]],
        [[1.2, 0.5], [1.4, 0.6]],
    ])  # fmt: skip
    expected = torch.tensor([
        [-0.2, -0.1, 0.25],
        [-0.5, -0.5, 0.5],  # moved inside
        [-0.4, -0.2, 0.05],  # no smaller than that
        [0, 0, 1],
        [0.875, 0.1, 0.125],  # at the edge, where the craft is cut off
    ])  # fmt: skip
    torch.testing.assert_close(around(points), expected, atol=1e-6, rtol=0)


def test_what_a_window_shows_does_not_depend_on_where_it_is():
    """A craft moved along a sphere around the camera, turned with it, is said the same of, and answered where it is."""
    _, network = looks("P")
    network.eval()
    camera = torch.tensor([[1.2, 1.2, 0.5, 0.5, 0, 0, 0, 0, 0.0]]).repeat(2, 1)
    window = torch.tensor([[0.0, 0.0, 0.4], [0.5, -0.4, 0.3]])
    turn = seen_along(window, camera)
    ray = turn @ torch.tensor([0, 0, 1.0])
    seen = ray[:, :2] / ray[:, 2:] * 1.2 + 0.5
    torch.testing.assert_close(seen, (window[:, :2] + 1) / 2)
    body = matrix_of(torch.tensor([[0.3, -0.2, 0.8, 0.1]])).repeat(2, 1, 1)
    points = seen_at(network.key_points, turn @ body, 6 * ray, camera)
    apart = (points - seen[:, None]).flatten(1)
    assert (apart[0] - apart[1]).abs().max() < 0.02 < apart[0].abs().max() / 5


def test_depth_and_place_of_a_window_are_those_of_the_image(monkeypatch):
    """The network says one thing whatever it sees: a craft at the middle of the window, as large as at 5 m."""
    _, network = looks("P")
    network.eval()
    said = {"rotation": torch.tensor([[1.0, 0, 0, 0, 1, 0]]), "position": torch.tensor([[0.5, 0.5, 5.0]]).log()}
    said["position"][:, :2] = 0.5
    monkeypatch.setattr(PoseNet, "forward", lambda network, image: said)
    with torch.no_grad():
        network.finder[-1].weight.zero_()
        network.finder[-1].bias.copy_(torch.tensor([0.2, -0.4, 0.25]).log().nan_to_num(0.0))
        network.finder[-1].bias[:2] = torch.tensor([0.2, -0.4])
        found = network(torch.rand(1, 3, 96, 96))
    camera = torch.tensor([[1.2, 1.2, 0.5, 0.5, 0, 0, 0, 0, 0.0]])
    expected = torch.tensor([[0.1 / 1.2, -0.2 / 1.2, 1.0]]) * 20  # in a quarter of the image as large as at 5 m
    torch.testing.assert_close(translation_of(found["position"], camera), expected)
    torch.testing.assert_close(found["window"], torch.tensor([[0.2, -0.4, 0.25]]))


def test_losses_are_nothing_where_both_looks_are_right():
    batch = batch_of(2, 96)
    window = around(seen_at(torch.tensor(POINTS), batch["rotation"], batch["translation"], batch["camera"]))
    seen = seen_along(window, batch["camera"]).mT @ batch["rotation"]
    place = seen_at(torch.zeros(1, 3), batch["rotation"], batch["translation"], batch["camera"])[:, 0]
    log_window = torch.cat([window[:, :2], window[:, 2:].log()], dim=1)
    outputs = {
        "rotation": seen[:, :, :2].mT.flatten(1),
        "position": torch.cat([place, batch["translation"][:, 2:].log()], dim=1),
        "window": window,
        "found": log_window,
        "around": log_window,
    }
    torch.testing.assert_close(matrix_of_6d(outputs["rotation"]), seen)
    loss = PoseLoss(PoseLossConfig(), "P" + FIRST, POINTS)
    assert loss(outputs, batch)[0] < 1e-3
    off = outputs | {"found": log_window + torch.tensor([0.1, 0, 0.3])}
    parts = loss(off, batch)[1]
    assert parts["window"].item() == pytest.approx((0.1 / window[:, 2] / 2).mean().item() + 0.3, rel=1e-5)
    apart = seen_along(window, batch["camera"])
    assert loss(outputs | {"window": window * torch.tensor([0, 0, 1])}, batch)[1]["pose"] > 0.01
    assert (apart - torch.eye(3)).abs().max() > 0.01


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fine": 128}, "model.fine is 128; it must be a positive multiple of 32 of at most model.size, 96"),
        ({"coarse": 40}, "model.coarse is 40"),
        ({"fine": 0}, "model.fine is 0"),
    ],
)
def test_sizes_that_cannot_be(values, words):
    with pytest.raises(UserError, match=words):
        looks(**values)
