"""cost: what a recipe's network costs, as the organisers count it, before it is trained."""

import os
from dataclasses import replace

import torch
from torch import nn

from pipeline.engine.device import on_device
from pipeline.models import cost as counts
from pipeline.models.fused import fused
from pipeline.progress import say
from pipeline.settings import Config
from pipeline.tracks import track_named

LEAST_SHARE = 0.01  # of parameters or compute: modules below both are left out of the table


def cost(
    config: Config, recipe: str = "two_looks", size: int | None = None, by_module: bool = False
) -> dict[str, float]:
    """Count parameters and multiply-accumulates of a recipe's network, and what they leave of the score.

    One forward pass on one image, test-time views apart, of the network as it answers: branches that only training
    needs are folded first. fvcore's count is the published unit; torch's own counter must agree with it on
    convolutions, linear layers, matrix products and attention, and thop's is put beside it.

    Args:
        recipe: name of a recipe, or path of a YAML; its values can be given as options
        size: working size in pixels, both sides, a multiple of 32; default: the recipe's
        by_module: also print one line for each module

    Raises:
        UserError: the network cannot be built, or the two counters disagree.

    Example:
        ./run.sh cost --recipe segformer_b0 --size 512

    Returns:
        mparams, gmac, s_flops, s_params, torch_gmac, thop_gmac, latency_ms.
    """
    if size is not None:
        config = replace(config, model=replace(config.model, size=size))
    track = track_named(config.track)
    network = on_device(fused(track.task.network(config, load_weights=False)))
    image_bchw = network.example_input()
    counted = counts.count(network, image_bchw)
    gmac, mparams = sum(counted[""].values()) / 1e9, counts.mparams(network)
    products, torch_gmac = counts.check(network, image_bchw, counted)
    thop_gmac, missed = counts.by_thop(network, image_bchw, counted)
    reward = track.reward(gmac, mparams) if track.reward else None
    figures = {
        "mparams": mparams,
        "gmac": gmac,
        **(reward.figures if reward else {}),
        "torch_gmac": torch_gmac,
        "thop_gmac": thop_gmac,
        "latency_ms": counts.latency_ms(network, image_bchw),
    }
    say(f"{recipe}: {config.model}, one image of {config.model.size} px, one view")
    say(f"parameters   {mparams:8.3f} M      {reward.parameters if reward else ''}")
    say(f"compute      {gmac:8.3f} GMAC   {reward.compute if reward else ''}   fvcore's count; {2 * gmac:.3f} GFLOP")
    say(f"  of it      {products:8.3f} GMAC   convolutions, products, attention; by torch {torch_gmac:.3f}")
    say(f"thop         {thop_gmac:8.3f} GMAC   {_gap(missed)}")
    say(f"latency      {figures['latency_ms']:8.1f} ms     median, {_machine()}")
    for line in [*reward.lines, *([reward.rejected] if reward.rejected else [])] if reward else []:
        say(line)
    if by_module:
        _show_modules(network, {name: sum(operators.values()) for name, operators in counted.items()})
    return figures


def _gap(missed: dict[str, float]) -> str:
    """Which types of modules thop counts otherwise, the largest three."""
    largest = sorted(missed.items(), key=lambda item: -abs(item[1]))[:3]
    said = [f"{name} {-gap:+.3f}" for name, gap in largest if abs(gap) >= 0.0005]
    return f"differs in {', '.join(said)}" if said else "the same"


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU, {torch.get_num_threads()} threads of {os.cpu_count()} cores"


def _show_modules(network: nn.Module, work: dict[str, int]) -> None:
    """One line for each module that has a hundredth of the parameters or of the compute, indented by depth."""
    total_m, total_w = counts.mparams(network), work[""]
    say(f"\n{'module':48} {'type':24} {'M params':>9} {'GMAC':>8}")
    for name, module in network.named_modules():
        m, w = counts.mparams(module), work.get(name, 0)
        if m >= LEAST_SHARE * total_m or w >= LEAST_SHARE * total_w:
            depth = name.count(".") + bool(name)
            label = "  " * depth + (name.rpartition(".")[2] or "whole")
            say(f"{label:48} {type(module).__name__[:24]:24} {m:9.3f} {w / 1e9:8.3f}")
