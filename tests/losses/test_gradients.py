import pytest
import torch
from torch import nn

from pipeline.losses.gradients import gradient_cosines, gradients, last_layer, shared_parameters


def test_norms_and_cosines_of_two_planes():
    w = nn.Parameter(torch.tensor([7.0, 9.0]))
    found = gradient_cosines({"a": 3 * w[0], "b": 3 * w[0] + 4 * w[1], "c": torch.zeros(())}, [w])
    assert found == {
        **{"norm_a": 3, "norm_b": 5, "norm_c": 0},
        **{"cosine_a_b": pytest.approx(0.6), "cosine_a_c": 0, "cosine_b_c": 0},
    }
    assert w.grad is None
    assert gradient_cosines({}, [w]) == {}


@pytest.mark.parametrize("others", [False, True])
def test_gradients_are_flat_in_order_and_leave_others_theirs_when_asked(others):
    kernel, bias, head = (nn.Parameter(torch.ones(shape)) for shape in ((2, 2), 1, 1))
    losses = [(kernel * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum() * head, (5 * bias + 6 * head).sum()]
    assert gradients(losses, [kernel, bias], others=others).tolist() == [[1, 2, 3, 4, 0], [0, 0, 0, 0, 5]]
    assert (kernel.grad, bias.grad) == (None, None)
    assert (head.grad is not None and head.grad.item()) == (16 if others else False)


def test_a_kernel_in_another_memory_format_is_as_flat():
    kernel = nn.Parameter(torch.arange(16.0).reshape(1, 2, 2, 4).to(memory_format=torch.channels_last))
    assert gradients([(kernel**2 / 2).sum()], [kernel])[0].tolist() == list(range(16))


def test_the_last_layer_is_a_kernel_that_every_loss_reaches():
    first, second, third = (nn.Parameter(torch.ones(1, 1)) for _ in range(3))
    bias = nn.Parameter(torch.ones(1))
    both = (first * second + bias).sum()
    losses = [both, 2 * both + third.sum(), torch.zeros(())]
    assert last_layer(losses, [first, second, bias, third], torch.Tensor.backward) == 1
    assert second.grad is None


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.neck = nn.Linear(2, 2), nn.Linear(2, 2)

    def encoder_parameters(self):
        return list(self.encoder.parameters())


class Shared(Net):
    def shared_parameters(self):
        return [*self.encoder_parameters(), *self.neck.parameters()]


def test_shared_is_what_the_network_says_or_else_its_encoder_and_of_that_what_learns():
    net, more = Net(), Shared()
    assert [id(p) for p in shared_parameters(net)] == [id(p) for p in net.encoder.parameters()]
    assert len(shared_parameters(more)) == 4
    more.encoder.requires_grad_(False)
    assert [id(p) for p in shared_parameters(more)] == [id(p) for p in more.neck.parameters()]
