"""What a network costs: parameters, and multiply-accumulates by fvcore, the count behind the published figures."""

import copy
import logging
import math
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import thop
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from pipeline.errors import UserError, offenders

# fvcore's names of the operators that FlopCounterMode counts too
PRODUCTS = ("conv", "linear", "addmm", "matmul", "bmm", "baddbmm", "einsum", "scaled_dot_product_attention")
TOLERANCE = 0.001  # relative, between the two counts of those


def mparams(network: nn.Module) -> float:
    """Millions of parameters; a tensor shared by two modules counts once."""
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def gmac(network: nn.Module, image_bchw: torch.Tensor) -> float:
    """10^9 multiply-accumulates of one forward pass on one image (1, 3, h, w).

    fvcore calls them flops. Test-time views are not counted, as the organisers do not; every pass inside the
    network's own forward is. fvcore passes over scaled_dot_product_attention, so it gets a handler.
    """
    return sum(count(network, image_bchw)[""].values()) / 1e9


def count(network: nn.Module, image_bchw: torch.Tensor) -> Mapping[str, Counter]:
    """Multiply-accumulates, counted by fvcore, of each operator inside each module; "" is the whole network."""
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    with _resting(network) as resting, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit.trace says that it is old
        counted = FlopCountAnalysis(resting, image_bchw)
        counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        counted.set_op_handle("aten::scaled_dot_product_attention", _attention)
        return counted.by_module_and_operator()


def _attention(inputs: list, outputs: list) -> int:
    """Query x key and weights x value, from the shapes (..., tokens, channels) of query, key and value."""
    query, key, value = (entry.type().sizes() for entry in inputs[:3])
    return math.prod(query) * key[-2] + math.prod(query[:-1]) * key[-2] * value[-1]


def check(network: nn.Module, image_bchw: torch.Tensor, counted: Mapping[str, Counter]) -> tuple[float, float]:
    """Hold fvcore's convolutions, linear layers, matrix products and attention against torch's own counter.

    Returns:
        GMAC of those by fvcore, and FlopCounterMode / 2, / 10^9.

    Raises:
        UserError: they differ by more than 0.1 %; names the innermost modules that do.
    """
    # attention written out as matrix products, which the counter knows on every device
    counter = FlopCounterMode(display=False)
    with _resting(network) as resting, torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        resting(image_bchw)
    other = {name: sum(operators.values()) / 2 for name, operators in counter.get_flop_counts().items()}
    root = type(network).__name__
    pairs = {"": (_products(counted[""]), other.get(root, 0.0))}
    for name, operators in counted.items():
        if f"{root}.{name}" in other:  # lists of modules are not called, so torch has no figure for them
            pairs[name] = _products(operators), other[f"{root}.{name}"]
    wrong = [name for name, pair in pairs.items() if not math.isclose(*pair, rel_tol=TOLERANCE)]
    inner = [
        name
        for name in wrong
        if not any(deeper.startswith(f"{name}." if name else "") for deeper in wrong if deeper != name)
    ]
    if wrong:
        said = [f"{name or root}: {pairs[name][0]:,.0f} by fvcore, {pairs[name][1]:,.0f} by torch" for name in inner]
        raise UserError(f"two counts of multiply-accumulates disagree by more than 0.1 %, in\n{offenders(said)}")
    return pairs[""][0] / 1e9, pairs[""][1] / 1e9


def _products(operators: Counter) -> float:
    return sum(operators[operator] for operator in PRODUCTS)


def by_thop(network: nn.Module, image_bchw: torch.Tensor, counted: Mapping[str, Counter]) -> tuple[float, Counter]:
    """GMAC by thop, and where it sees less than fvcore did: GMAC of each type of module's own work that it misses.

    thop leaves its counters behind in the network it looks at, so it gets a copy.
    """
    with _resting(network) as resting:
        total, _, layers = thop.profile(copy.deepcopy(resting), (image_bchw,), verbose=False, ret_layer_info=True)
    seen: dict[str, float] = {"": total}
    _flatten(layers, "", seen)
    modules, missed = dict(network.named_modules()), Counter()
    own = _own({name: sum(operators.values()) for name, operators in counted.items()}, modules)
    own_thop = _own(seen, modules)
    for name, work in own.items():
        missed[type(modules[name]).__name__] += (work - own_thop.get(name, 0)) / 1e9
    return total / 1e9, missed


def _flatten(layers: Mapping, prefix: str, seen: dict[str, float]) -> None:
    for name, (operations, _, inner) in layers.items():
        seen[prefix + name] = operations
        _flatten(inner, f"{prefix}{name}.", seen)


def _own(total: Mapping[str, float], modules: Mapping[str, nn.Module]) -> dict[str, float]:
    """Work of each module less that of its children."""
    own = {name: work for name, work in total.items() if name in modules}
    for name, work in total.items():
        if name in own and name:
            own[name.rpartition(".")[0]] -= work
    return own


def latency_ms(network: nn.Module, image_bchw: torch.Tensor, times: int = 10) -> float:
    """Median milliseconds of a forward pass on one image, after two to warm up."""
    device = next(network.parameters()).device
    taken = []
    with _resting(network) as resting, torch.inference_mode():
        for _ in range(times + 2):
            began = time.perf_counter()
            resting(image_bchw)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken[2:])


@contextmanager
def _resting(network: nn.Module) -> Iterator[nn.Module]:
    """The network in eval mode, answering a tuple where it has named tensors, and as it was afterwards."""
    training = network.training
    named = network.register_forward_hook(lambda *call: tuple(call[2].values()) if isinstance(call[2], dict) else None)
    try:
        yield network.eval()
    finally:
        named.remove()
        network.train(training)
