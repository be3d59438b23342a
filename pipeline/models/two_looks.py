"""Coarse to fine in one network: a first look finds the craft, a second one, by the same weights, sees it larger."""

from collections.abc import Mapping

import torch
from torch import nn

from pipeline.masks.softmax import against_background
from pipeline.masks.windows import crop, found_window, in_image, pasted, shrunk, taught, window_of

LEVEL = 0.15  # probability from which a pixel of the first look belongs to the craft
LOOKS = ("coarse", "fine")


class TwoLooks(nn.Module):
    """Two looks by one network, always both; where the craft fills the image, the second is at the whole image again.

    forward(image_bchw, batch): RGB in [0, 1], (b, 3, size, size). Returns `mask` logits (b, c, size, size): the second
    look's inside its window, the first look's outside; `class` logits of the mean of both looks' probabilities; and the
    second look's `box` (b, 4) as shares of the whole image. In training, with a batch that holds the true `mask` (b, 2,
    size, size), the window is that found or the true one, jittered, and what is returned is each look's `mask_<look>`
    and `class_<look>`, and `window` (b, 3), as `crop` takes it.

    Args:
        look: of one image, answers a dict with `mask` and perhaps `class` and `box`.
        size: of the image, pixels.
        coarse: of the first look.
        fine: of the second.
    """

    wants_batch = True

    def __init__(self, look: nn.Module, size: int, coarse: int, fine: int) -> None:
        super().__init__()
        self.look, self.size, self.coarse, self.fine = look, size, coarse, fine

    def forward(self, image_bchw: torch.Tensor, batch: Mapping[str, torch.Tensor] | None = None) -> dict:
        first = self.look(shrunk(image_bchw, self.coarse))
        top_bhw = against_background(first["mask"].detach().float()).sigmoid().amax(dim=1)
        window_b3 = found_window(top_bhw, LEVEL)
        if batch is not None:
            window_b3 = taught(window_b3, window_of((batch["mask"] > 127).any(dim=1)))
        second = self.look(crop(image_bchw, window_b3, self.fine))
        if batch is not None:
            pairs = zip(LOOKS, (first, second), strict=True)
            looks = {f"{name}_{look}": tensor for look, found in pairs for name, tensor in found.items()}
            return looks | {"window": window_b3}
        outputs = {"mask": pasted(first["mask"], second["mask"], window_b3, self.size)}
        if "class" in first:
            both = torch.stack([found["class"].float().log_softmax(dim=1) for found in (first, second)])
            outputs["class"] = both.logsumexp(dim=0)
        if "box" in second:
            outputs["box"] = in_image(second["box"].float(), window_b3)
        return outputs

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Those of the look's encoder."""
        return self.look.encoder_parameters()

    def example_input(self) -> torch.Tensor:
        """One image (1, 3, size, size) on the network's device."""
        return torch.zeros(1, 3, self.size, self.size, device=next(self.parameters()).device)
