"""What a network costs: parameters, and multiply-accumulates by fvcore, the count behind the published figures."""

import logging
import math

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn


def mparams(network: nn.Module) -> float:
    """Millions of parameters; a tensor shared by two modules counts once."""
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def gmac(network: nn.Module, size: int) -> float:
    """10^9 multiply-accumulates of one forward pass on one image of size x size pixels.

    fvcore calls them flops. Test-time views are not counted, as the organisers do not; every pass inside the
    network's own forward is. fvcore passes over scaled_dot_product_attention, so it gets a handler.
    """
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    image_bchw = torch.zeros(1, 3, size, size, device=device)
    count = FlopCountAnalysis(network, image_bchw).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    count.set_op_handle("aten::scaled_dot_product_attention", _attention)
    total = count.total() / 1e9
    network.train(training)
    return total


def _attention(inputs: list, outputs: list) -> int:
    """Query x key and weights x value, from the shapes (..., tokens, channels) of query, key and value."""
    query, key, value = (entry.type().sizes() for entry in inputs[:3])
    return math.prod(query) * key[-2] + math.prod(query[:-1]) * key[-2] * value[-1]
