"""The loss of a network that looks twice: that of each look, against what it was shown."""

from collections.abc import Mapping

import torch
from torch import nn

from pipeline.masks.windows import crop, shrunk


class OverLooks(nn.Module):
    """The mean of a loss over both looks of models.two_looks.TwoLooks; of any other network just the loss.

    forward(outputs, batch): outputs as the loss takes them, or `mask_<look>` and `class_<look>` of both looks with
    `window`; the batch as the loss takes it. For each look the true mask is cut as the image was.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    @property
    def weights(self) -> dict[str, float]:
        """The loss's."""
        return self.loss.weights

    def forward(
        self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        if "window" not in outputs:
            return self.loss(outputs, batch)
        mask_bchw = batch["mask"].float()
        coarse, fine = (outputs[f"mask_{look}"].shape[-1] for look in ("coarse", "fine"))
        shown = {"coarse": shrunk(mask_bchw, coarse), "fine": crop(mask_bchw, outputs["window"], fine)}
        found = []
        for look, shown_bchw in shown.items():
            seen = {name.removesuffix(f"_{look}"): of for name, of in outputs.items() if name.endswith(f"_{look}")}
            found.append(self.loss(seen, {**batch, "mask": shown_bchw}))
        totals, parts = zip(*found, strict=True)
        return sum(totals) / 2, {name: sum(part[name] for part in parts) / 2 for name in parts[0]}
