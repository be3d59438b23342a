"""A network as it is used: branches that only training needs are folded into one convolution."""

from timm.utils.model import reparameterize_model
from torch import nn


def fused(network: nn.Module) -> nn.Module:
    """A copy in eval mode with its branches folded, answering the same but for rounding; `network` is left as it is.

    MobileOne, RepVGG, RepViT, FastViT and their like train with branches that add up to one convolution (RepVGG,
    https://arxiv.org/abs/2101.03697). Their modules fold themselves; a network without any is copied to the last bit.
    """
    return reparameterize_model(network).eval()
