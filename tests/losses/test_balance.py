"""Each way of making one gradient of several losses, on numbers worked by hand."""

import math

import pytest
import torch
from torch import nn
from torchjd import scalarization

from pipeline.errors import UserError
from pipeline.losses.balance import BALANCES, balanced

MEANS = [(1.0, 1.0), (1 / 2, 1.0), (1 / 3, 1.0)]  # of two losses, in three epochs


def backward(tensor, **said):
    tensor.backward(**said)


def weights_of(way, values):
    """Of losses with these values."""
    return way.backward([torch.tensor(value, requires_grad=True) for value in values], [], backward)


class Rows(nn.Module):
    """Losses of a shared kernel (1, n): each its row times the kernel, times a factor of its own, 1."""

    def __init__(self, rows, kernel):
        super().__init__()
        self.rows = torch.tensor(rows)
        self.shared = nn.Parameter(torch.tensor([kernel]))
        self.heads = nn.ParameterList(torch.ones(()) for _ in rows)

    def losses(self):
        return [head * (row * self.shared).sum() for head, row in zip(self.heads, self.rows, strict=True)]

    def step(self, way):
        self.zero_grad()
        return way.backward(self.losses(), [self.shared], backward)


def test_equal_is_the_sum():
    assert weights_of(balanced("ew", "ab"), (3.0, 5.0)).tolist() == [1, 1]


def test_random_weights_are_a_softmax_of_normal_numbers_and_sum_to_1():
    way = balanced("rlw", "abc")
    torch.manual_seed(3)
    drawn = torch.stack([weights_of(way, (1.0, 2.0, 3.0)) for _ in range(400)])
    torch.manual_seed(3)
    torch.testing.assert_close(drawn, torch.stack([torch.randn(3).softmax(dim=0) for _ in range(400)]))
    torch.testing.assert_close(drawn.sum(dim=1), torch.ones(400))
    torch.testing.assert_close(drawn.mean(dim=0), torch.full((3,), 1 / 3), atol=0.04, rtol=0)
    assert drawn.std(dim=0).min() > 0.1


def test_dynamic_weights_after_known_epochs():
    way, found = balanced("dwa", "ab"), []
    for means in MEANS:
        found.append(weights_of(way, (7.0, 9.0)).tolist())
        way.end_epoch(torch.tensor(means))
    assert found[:2] == [[1, 1], [1, 1]]
    assert found[2] == pytest.approx([0.8756, 1.1244], abs=5e-5)  # 2 softmax(1/4, 1/2)
    assert weights_of(way, (7.0, 9.0)).tolist() == pytest.approx([0.9169, 1.0831], abs=5e-5)


def test_dynamic_weights_are_those_of_torchjd():
    torch.manual_seed(0)
    way, theirs = balanced("dwa", "abc"), scalarization.DWA()
    for means_k in torch.rand(8, 3) + 0.1:
        torch.testing.assert_close(way.total(means_k), theirs(means_k))
        way.end_epoch(means_k)
        theirs.step()


def test_a_loss_that_is_always_zero_is_one_that_does_not_fall():
    way = balanced("dwa", "abc")
    for means in [(1.0, 1.0, 0.0), (0.5, 1.0, 0.0)]:
        way.end_epoch(torch.tensor(means))
    expected = 3 * torch.tensor([0.25, 0.5, 0.5]).softmax(dim=0)
    torch.testing.assert_close(weights_of(way, (1.0, 1.0, 0.0)), expected)


def test_uncertainty_weights_and_their_gradient():
    """Of exp(-s) loss / 2 + s / 2 it is (1 - exp(-s) loss) / 2: none where s is the loss's logarithm."""
    way = balanced("uw", "ab")
    (learnt,) = way.learnt()
    assert weights_of(way, (2.0, 4.0)).tolist() == [0.5, 0.5]
    assert learnt.grad.tolist() == [-0.5, -1.5]
    learnt.data, learnt.grad = torch.tensor([math.log(2), math.log(2)]), None
    assert weights_of(way, (2.0, 4.0)).tolist() == pytest.approx([0.25, 0.25])
    assert learnt.grad.tolist() == pytest.approx([0.0, -0.5])


def test_two_steps_of_gradnorm_by_hand():
    """Norms of 3 and 1, so the first is to weigh less; then it has hardly fallen, and is to weigh more."""
    way, net = balanced("gradnorm", "ab"), Rows([[3.0, 0.0], [0.0, 1.0]], [1.0, 2.0])
    assert net.step(way).tolist() == [1, 1]
    assert net.shared.grad.tolist() == [[3, 1]]
    assert way.weights_k.tolist() == pytest.approx([0.975, 1.025])  # Adam's first step is its rate, whatever the norms
    with torch.no_grad():
        net.shared.copy_(torch.tensor([[1.0, 2 * 3 / 7]]))
    assert net.step(way).tolist() == pytest.approx([0.975, 1.025])
    assert net.shared.grad.tolist() == [pytest.approx([3 * 0.975, 1.025])]
    assert [head.grad.item() for head in net.heads] == pytest.approx([3 * 0.975, 6 / 7 * 1.025])
    # Shares 1 and 3/7: rates 1.4 and 0.6. Norms 2.925 and 1.025, mean 1.975, targets 3.272 and 0.918: gradients -3, 1.
    # Adam: moments (0.9 * 0.1 - 0.1) / (1 - 0.9**2) of a norm, over that norm.
    step = 0.025 * 0.01 / 0.19
    assert way.weights_k.tolist() == pytest.approx([0.975 + step, 1.025 - step])


def test_gradnorm_comes_to_like_norms_where_losses_fall_alike():
    way, net = balanced("gradnorm", "abc"), Rows([[8.0, 0.0], [0.0, 2.0], [2.0, 2.0]], [1.0, 1.0])
    for _ in range(80):
        weights_k = net.step(way)
    norms = torch.tensor([8.0, 2.0, 8**0.5]) * weights_k
    torch.testing.assert_close(norms, norms.mean().expand(3), rtol=0.1, atol=0)
    assert weights_k.sum().item() == pytest.approx(3)


def test_gradnorm_survives_a_loss_of_nothing_and_one_without_a_gradient():
    way, net = balanced("gradnorm", "ab"), Rows([[3.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    for _ in range(5):
        net.step(way)
        way.backward([net.losses()[0], torch.zeros(())], [net.shared], backward)
    assert way.weights_k.isfinite().all()
    assert way.weights_k.sum().item() == pytest.approx(2)


def test_gradnorm_counts_from_the_first_batch_in_which_a_loss_is_not_zero():
    """Two losses alike, but that the second was 0 at first: their weights stay together."""
    way, net = balanced("gradnorm", "ab"), Rows([[2.0, 0.0], [0.0, 2.0]], [1.0, 1.0])
    one, other = net.losses()
    way.backward([one, other * 0], [net.shared], backward)
    for _ in range(60):
        net.step(way)
    assert way.weights_k.tolist() == pytest.approx([1, 1], abs=0.1)


def test_gradnorm_needs_a_layer_that_every_loss_reaches():
    one, other = (nn.Parameter(torch.ones(1, 1)) for _ in range(2))
    with pytest.raises(UserError, match="no shared layer is reached by every loss"):
        balanced("gradnorm", "ab").backward([one.sum(), other.sum()], [one, other], backward)


def test_two_gradients_that_conflict_by_hand():
    """(1, 0) and (-1, 1): of the first half the second is added, of the second the whole first."""
    net = Rows([[1.0, 0.0], [-1.0, 1.0]], [2.0, 5.0])
    assert net.step(balanced("pcgrad", "ab")).tolist() == [2, 1.5]
    assert net.shared.grad.tolist() == [[0.5, 1.5]]
    assert [head.grad.item() for head in net.heads] == [2, 3]  # of their own losses, as in the sum


def test_gradients_without_conflict_are_summed():
    net = Rows([[1.0, 0.0], [0.5, 1.0]], [2.0, 5.0])
    assert net.step(balanced("pcgrad", "ab")).tolist() == [1, 1]
    assert net.shared.grad.tolist() == [[1.5, 1]]


@pytest.mark.parametrize("name", BALANCES)
def test_the_shared_gradient_is_that_of_the_losses_times_the_weights_returned(name):
    torch.manual_seed(1)
    way, net = balanced(name, "abc"), Rows(torch.randn(3, 4).tolist(), [1.0, 2.0, 3.0, 4.0])
    for _ in range(3):
        weights_k = net.step(way)
        torch.testing.assert_close(net.shared.grad[0], weights_k @ net.rows)
        assert all(head.grad is not None for head in net.heads)
    assert not weights_k.requires_grad


@pytest.mark.parametrize("name", BALANCES)
def test_what_the_state_dict_holds_is_all_that_is_needed_to_go_on(name, tmp_path):
    """After an epoch, as a file that only weights are read from."""
    net = Rows([[3.0, 0.0], [-2.0, 1.0]], [1.0, 2.0])

    def epochs(way, first, last):
        found = []
        for epoch in range(first, last):
            torch.manual_seed(epoch)
            found += [net.step(way).tolist() for _ in range(3)]
            way.end_epoch(torch.tensor([1 / (epoch + 1), 2.0]))
        return found

    way, other = balanced(name, "ab"), balanced(name, "ab")
    epochs(way, 0, 3)
    torch.save(way.state_dict(), tmp_path / "state.pt")
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert epochs(way, 3, 6) == epochs(other, 3, 6)


def test_none_is_nothing():
    assert balanced("none", "ab") is None


@pytest.mark.parametrize(
    ("name", "losses", "words"),
    [
        (
            "dw",
            "ab",
            r"unknown optim.balance 'dw'. Did you mean dwa\? There are none, ew, rlw, dwa, uw, gradnorm, pcgrad",
        ),
        ("dwa", ["dice"], "optim.balance dwa weighs losses against each other, and there is dice: give two or more"),
        ("ew", [], "there is none: give two or more a weight, or leave it at none"),
    ],
)
def test_what_cannot_be_balanced_is_refused(name, losses, words):
    with pytest.raises(UserError, match=words):
        balanced(name, losses)
