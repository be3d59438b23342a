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
from pipeline.losses.looks import OverLooks
from pipeline.losses.segmentation import OF_SOFTMAX, WeightedSum
from pipeline.masks import rle
from pipeline.masks.columns import BOX_FIELDS, MASK_FIELDS, MASKS
from pipeline.masks.postprocess import answer
from pipeline.masks.softmax import against_background
from pipeline.masks.views import turned_back
from pipeline.masks.views import views as views_named
from pipeline.models.network import SpacecraftNet, build_network
from pipeline.models.two_looks import TwoLooks
from pipeline.tasks.parts import drawing
from pipeline.tasks.parts.config import PartsConfig


class Parts(Task):
    """The task, of craft of some classes.

    Args:
        classes: their names, in the order of class_index.
        classified: whether an answer without a class is of no use.
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
    fallback_words = "no pixel above 0.5: masks empty, box from lower probabilities"
    legend = drawing.LEGEND
    fit_code = (
        *(
            "tasks/parts/__init__.py",
            "losses/segmentation.py",
            "losses/registry.py",
            "losses/boxes.py",
            "losses/looks.py",
            "dataset/augment.py",
        ),
        *(f"models/{name}.py" for name in ("network", "compact", "look_sizes", "torchvision_nets")),
        *(f"models/{name}.py" for name in ("two_looks", "weights")),
        *(f"masks/{name}.py" for name in ("rle", "softmax", "views", "windows", "extent")),
    )
    answer_code = (
        "tasks/parts/__init__.py",
        *(f"models/{name}.py" for name in ("network", "compact", "look_sizes", "torchvision_nets")),
        *(f"models/{name}.py" for name in ("two_looks", "fused")),
        *(
            f"masks/{name}.py"
            for name in ("views", "softmax", "windows", "extent", "postprocess", "boxes", "columns", "rle")
        ),
    )

    def __init__(self, classes: tuple[str, ...], classified: bool) -> None:
        self.classes, self.classified = classes, classified

    def network(self, config: PartsConfig, load_weights: bool = True) -> SpacecraftNet | TwoLooks:
        """See pipeline.models.network.build_network."""
        return build_network(config.model, len(self.classes), load_weights)

    def impossible(self, config: PartsConfig) -> list[str]:
        """Losses that are all left out or have nothing to be of; no class where one is asked for."""
        weighted = [name for name, weight in vars(config.loss).items() if weight]
        wrong = [] if weighted else ["every loss has weight 0"]
        if config.model.masks != "softmax":
            wrong += [f"loss.{name} needs model.masks softmax" for name in weighted if name in OF_SOFTMAX]
        if not config.model.classify and "cls" in weighted:
            wrong.append("loss.cls needs model.classify true, or 0")
        if config.model.box == "extent" and "box" not in weighted:
            wrong.append("model.box extent needs a weight of loss.box, which teaches it")
        if not config.model.classify and self.classified:
            wrong.append(f"model.classify is False, and track {config.track} asks for the class")
        return wrong

    def target_of(self, values: tuple, size: int) -> np.ndarray:
        """uint8 (size, size, 2): how much of each working pixel is body and panel, 255 = all of it."""
        body_rle, panel_rle, height, width = values
        both = np.stack([rle.decode(counts, height, width) for counts in (body_rle, panel_rle)], axis=2)
        return at_size(both.astype(np.uint8) * 255, size)

    def labels(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """`class` indices (N,)."""
        return {"class": rows["class_index"].to_numpy().astype(np.int64)}

    def remarks(self, config: PartsConfig, rows: pd.DataFrame) -> list[str]:
        """A line for classes without an image to train on."""
        lacking = [name for number, name in enumerate(self.classes) if number not in set(rows["class_index"])]
        return [f"no train image of {', '.join(lacking)}: what is never shown is hardly answered"] if lacking else []

    def augment(self, config: PartsConfig) -> Callable:
        """See pipeline.dataset.augment.Augment."""
        return Augment(config.augment, config.seed)

    def loss(self, config: PartsConfig) -> nn.Module:
        """See pipeline.losses.segmentation.WeightedSum, and pipeline.losses.looks.OverLooks."""
        return OverLooks(WeightedSum(config.loss))

    def merge(self, network: nn.Module, image_bchw: torch.Tensor, views: str) -> dict[str, torch.Tensor]:
        """`mask` (b, 2, h, w) and `class` (b, k) probabilities, the mean over the views, and `box` (b, 4), the median.

        A mask by softmax is the probability of each part against the background; a box is in shares of the image, and
        one view that looked elsewhere does not move it. No class head, no `class`; no `box` of the network, no `box`.

        Args:
            network: as SpacecraftNet.
            image_bchw: RGB in [0, 1]; square where `views` is d4.
            views: none, hflip, flips or d4.
        """
        chosen = views_named(views)
        sums: dict[str, torch.Tensor | float] = {}
        boxes = []
        for view in chosen:  # one view at a time: on a CPU all eight in one batch are slower
            logits = network(view.augment_image(image_bchw))
            found = {"mask": view.deaugment_mask(against_background(logits["mask"].float()).sigmoid())}
            if "class" in logits:
                found["class"] = logits["class"].float().softmax(dim=1)
            if "box" in logits:
                boxes.append(turned_back(view, logits["box"].float()))
            sums = {name: sums.get(name, 0.0) + tensor for name, tensor in found.items()}
        merged = {name: total / len(chosen) for name, total in sums.items()}
        return merged | ({"box": torch.stack(boxes).quantile(0.5, dim=0)} if boxes else {})

    def answer(self, outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
        """See pipeline.masks.postprocess.answer; and class_index, class_name and class_probs: -1, "" and [] of none."""
        named = {"class_index": -1, "class_name": "", "class_probs": []}
        if "class" in outputs:
            index = int(outputs["class"].argmax())
            named = {"class_index": index, "class_name": self.classes[index], "class_probs": outputs["class"].tolist()}
        return named | answer(outputs["mask"], asked.height, asked.width, outputs.get("box"))

    def draw(self, image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
        """See pipeline.tasks.parts.drawing."""
        return drawing.answered(image_hwc, row)

    def compare(self, image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
        """See pipeline.tasks.parts.drawing."""
        return drawing.compared(image_hwc, truth, given)
