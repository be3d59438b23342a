"""Images in, answers out: the network over all views, and what the task makes of it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pipeline.contracts import Asked, Task
from pipeline.dataset.images import at_size, read_ahead
from pipeline.dataset.pixels import read_picture
from pipeline.errors import UserError

CODE = ("engine/inference.py", "dataset/images.py", "dataset/pixels.py")  # that decides an answer, beside the task's


def asked_of(task: Task, folder: Path, row: tuple, size: int) -> Asked:
    """The image file of an index row at working size; one that cannot be read at all is black, of the row's size."""
    picture = read_picture(folder / row.image_path)
    image_hwc = picture.rgb_hwc
    if image_hwc is None:
        image_hwc = np.zeros((row.height, row.width, 3), np.uint8)
    known = {name: getattr(row, name) for name in task.asked_columns}
    return Asked(row.image_id, at_size(image_hwc, size), *image_hwc.shape[:2], picture.fault, known)


def answers(task: Task, network: nn.Module, images: Iterable[Asked], views: str, batch_size: int) -> Iterator[dict]:
    """An answer an image, in order: the task's, with image_id and fault.

    Holds a few batches at a time. The network must be in eval mode; it stays on its device. `views` are test-time
    views, perhaps with a way to decode: `none+pnp`.

    Raises:
        UserError: the network's outputs are not numbers.
    """

    def answer(found: tuple[Asked, dict]) -> dict:
        asked, outputs = found
        return {"image_id": asked.image_id, **task.answer(outputs, asked._replace(decode=decode)), "fault": asked.fault}

    views, _, decode = views.partition("+")
    return read_ahead(answer, _with_outputs(task, network, images, views, batch_size), ahead=2 * batch_size)


def _with_outputs(
    task: Task, network: nn.Module, images: Iterable[Asked], views: str, batch_size: int
) -> Iterator[tuple[Asked, dict[str, np.ndarray]]]:
    device = next(network.parameters()).device
    waiting = iter(images)
    while batch := list(islice(waiting, batch_size)):
        image_bhwc = torch.from_numpy(np.stack([asked.image_hwc for asked in batch])).to(device)
        image_bchw = image_bhwc.permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            outputs = task.merge(network, image_bchw, views)
        if not all(tensor.isfinite().all() for tensor in outputs.values()):
            raise UserError(_not_numbers(network, batch[0].image_id))
        arrays = {name: tensor.cpu().numpy() for name, tensor in outputs.items()}
        for i, asked in enumerate(batch):
            yield asked, {name: array[i] for name, array in arrays.items()}


def _not_numbers(network: nn.Module, image_id: str) -> str:
    bad = [name for name, tensor in network.state_dict().items() if not tensor.isfinite().all()]
    where = f"; {len(bad)} tensors of the weights are not either, first {bad[0]}" if bad else ""
    return f"the network's answers are not numbers (NaN), from image {image_id} on{where}. Train again."
