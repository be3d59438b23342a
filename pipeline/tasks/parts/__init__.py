"""One spacecraft an image: its class, its box, and the masks of body and solar panels."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import nn

from pipeline.contracts import Asked, Task
from pipeline.dataset.augment import Augment
from pipeline.dataset.images import at_size
from pipeline.losses.segmentation import WeightedSum
from pipeline.masks import rle
from pipeline.masks.columns import BOX_FIELDS, MASK_FIELDS, MASKS
from pipeline.masks.postprocess import answer
from pipeline.masks.views import views as views_named
from pipeline.models.network import SpacecraftNet, build_network
from pipeline.tasks.parts import drawing
from pipeline.tasks.parts.config import PartsConfig


class Parts(Task):
    """The task, of craft of some classes.

    Args:
        classes: their names, in the order of class_index.
    """

    Config = PartsConfig
    columns = (
        pa.field("class_name", pa.string()),
        pa.field("class_index", pa.int8()),
        pa.field("class_probs", pa.list_(pa.float32())),  # in the order of the classes
        *BOX_FIELDS,
        *MASK_FIELDS,
        pa.field("body_score", pa.float32()),  # mean probability over the mask, 0 where it is empty
        pa.field("panel_score", pa.float32()),
    )
    target = "mask"
    target_channels = 2
    target_columns = (*MASKS, "height", "width")
    fallback_words = "no pixel above 0.5: masks empty, box from the highest probability"
    legend = drawing.LEGEND
    fit_code = (
        *("tasks/parts/__init__.py", "losses/segmentation.py", "models/network.py", "models/weights.py"),
        *("dataset/augment.py", "masks/rle.py"),
    )
    answer_code = (
        *("tasks/parts/__init__.py", "models/network.py"),
        *(f"masks/{name}.py" for name in ("views", "postprocess", "boxes", "columns", "rle")),
    )

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    def network(self, config: PartsConfig, load_weights: bool = True) -> SpacecraftNet:
        """See pipeline.models.network.build_network."""
        return build_network(config.model, len(self.classes), load_weights)

    def impossible(self, config: PartsConfig) -> list[str]:
        """Losses that are all left out."""
        return [] if any(vars(config.loss).values()) else ["every loss has weight 0"]

    def target_of(self, values: tuple, size: int) -> np.ndarray:
        """uint8 (size, size, 2): how much of each working pixel is body and panel, 255 = all of it."""
        body_rle, panel_rle, height, width = values
        both = np.stack([rle.decode(counts, height, width) for counts in (body_rle, panel_rle)], axis=2)
        return at_size(both.astype(np.uint8) * 255, size)

    def labels(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """`class` indices (N,)."""
        return {"class": rows["class_index"].to_numpy().astype(np.int64)}

    def remarks(self, rows: pd.DataFrame) -> list[str]:
        """A line for classes without an image to train on."""
        lacking = [name for number, name in enumerate(self.classes) if number not in set(rows["class_index"])]
        return [f"no train image of {', '.join(lacking)}: what is never shown is hardly answered"] if lacking else []

    def augment(self, config: PartsConfig) -> Callable:
        """See pipeline.dataset.augment.Augment."""
        return Augment(config.augment, config.seed)

    def loss(self, config: PartsConfig) -> nn.Module:
        """See pipeline.losses.segmentation.WeightedSum."""
        return WeightedSum(config.loss)

    def merge(self, network: nn.Module, image_bchw: torch.Tensor, views: str) -> dict[str, torch.Tensor]:
        """`mask` (b, 2, h, w) and `class` (b, k) probabilities, each the mean over the views.

        Args:
            network: as SpacecraftNet.
            image_bchw: RGB in [0, 1]; square where `views` is d4.
            views: none, hflip, flips or d4.
        """
        chosen = views_named(views)
        mask_bchw, class_bk = 0.0, 0.0
        for view in chosen:  # one view at a time: on a CPU all eight in one batch are slower
            logits = network(view.augment_image(image_bchw))
            mask_bchw = mask_bchw + view.deaugment_mask(logits["mask"].float().sigmoid())
            class_bk = class_bk + logits["class"].float().softmax(dim=1)
        return {"mask": mask_bchw / len(chosen), "class": class_bk / len(chosen)}

    def answer(self, outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
        """See pipeline.masks.postprocess.answer; and class_index, class_name and class_probs."""
        index = int(outputs["class"].argmax())
        named = {"class_index": index, "class_name": self.classes[index], "class_probs": outputs["class"].tolist()}
        return named | answer(outputs["mask"], asked.height, asked.width)

    def draw(self, image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
        """See pipeline.tasks.parts.drawing."""
        return drawing.answered(image_hwc, row)

    def compare(self, image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
        """See pipeline.tasks.parts.drawing."""
        return drawing.compared(image_hwc, truth, given)
