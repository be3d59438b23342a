"""Images in, answers out: the network over all views, averaged, then what masks/postprocess.py makes of it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pipeline.dataset.images import at_size, read_ahead
from pipeline.dataset.pixels import read_picture
from pipeline.errors import UserError
from pipeline.masks.postprocess import answer
from pipeline.masks.views import views

CODE = (  # that decides an answer: what other code answered is not taken for this one's
    *("engine/inference.py", "models/network.py", "dataset/images.py", "dataset/pixels.py"),
    *(
        "masks/views.py",
        "masks/postprocess.py",
        "masks/boxes.py",
        "masks/columns.py",
        "masks/rle.py",
        "tracks/spark2024/__init__.py",
    ),
)


class Asked(NamedTuple):
    """One image to answer.

    Attributes:
        image_id: its name
        image_hwc: RGB uint8 pixels (size, size, 3) at working size
        height: its own, pixels
        width: its own, pixels
        fault: why it could not be read whole; empty: it was
    """

    image_id: str
    image_hwc: np.ndarray
    height: int
    width: int
    fault: str = ""


def asked_of(image_id: str, path: Path, size: int, height: int, width: int) -> Asked:
    """An image file at working size; one that cannot be read at all is black, of the height and width given."""
    picture = read_picture(path)
    image_hwc = np.zeros((height, width, 3), np.uint8) if picture.rgb_hwc is None else picture.rgb_hwc
    return Asked(image_id, at_size(image_hwc, size), *image_hwc.shape[:2], picture.fault)


def probabilities(network: nn.Module, image_bchw: torch.Tensor, tta: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Mask (b, 2, h, w) and class (b, k) probabilities, each the mean over the views of `tta`.

    Args:
        network: as SpacecraftNet.
        image_bchw: RGB in [0, 1]; square where `tta` is d4.
        tta: none, hflip, flips or d4.
    """
    chosen = views(tta)
    mask_bchw, class_bk = 0.0, 0.0
    for view in chosen:  # one view at a time: on a CPU all eight in one batch are slower
        mask_logits, class_logits = network(view.augment_image(image_bchw))
        mask_bchw = mask_bchw + view.deaugment_mask(mask_logits.float().sigmoid())
        class_bk = class_bk + class_logits.float().softmax(dim=1)
    return mask_bchw / len(chosen), class_bk / len(chosen)


def answers(network: nn.Module, images: Iterable[Asked], tta: str, batch_size: int) -> Iterator[dict]:
    """An answer an image, in order: `postprocess.answer` with image_id, class_index and class_probs (k floats).

    Holds a few batches at a time. The network must be in eval mode; it stays on its device.

    Raises:
        UserError: the network's probabilities are not numbers.
    """
    return read_ahead(_answer, _with_probabilities(network, images, tta, batch_size), ahead=2 * batch_size)


def _with_probabilities(network: nn.Module, images: Iterable[Asked], tta: str, batch_size: int) -> Iterator[tuple]:
    device = next(network.parameters()).device
    waiting = iter(images)
    while batch := list(islice(waiting, batch_size)):
        image_bhwc = torch.from_numpy(np.stack([asked.image_hwc for asked in batch])).to(device)
        image_bchw = image_bhwc.permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            mask_bchw, class_bk = probabilities(network, image_bchw, tta)
        if not (mask_bchw.isfinite().all() and class_bk.isfinite().all()):
            raise UserError(_not_numbers(network, batch[0].image_id))
        yield from zip(batch, mask_bchw.cpu().numpy(), class_bk.cpu().numpy(), strict=True)


def _not_numbers(network: nn.Module, image_id: str) -> str:
    bad = [name for name, tensor in network.state_dict().items() if not tensor.isfinite().all()]
    where = f"; {len(bad)} tensors of the weights are not either, first {bad[0]}" if bad else ""
    return f"the network's answers are not numbers (NaN), from image {image_id} on{where}. Train again."


def _answer(found: tuple[Asked, np.ndarray, np.ndarray]) -> dict:
    asked, mask_chw, class_k = found
    classes = {"class_index": int(class_k.argmax()), "class_probs": class_k.tolist()}
    found = answer(mask_chw, asked.height, asked.width)
    return {"image_id": asked.image_id, **classes, **found, "fault": asked.fault}
