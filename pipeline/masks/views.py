"""Test-time views of an image, made and undone by ttach: which flips and quarter turns, and their inverses."""

import torch
import ttach

VIEWS = {
    "none": [],
    "hflip": [ttach.HorizontalFlip()],
    "flips": [ttach.HorizontalFlip(), ttach.VerticalFlip()],
    "d4": [ttach.HorizontalFlip(), ttach.Rotate90(angles=[0, 90, 180, 270])],
}


def views(name: str) -> ttach.Compose:
    """The 1, 2, 4 or 8 views of `none`, `hflip`, `flips` or `d4`.

    Iterate; each view has `augment_image(image_bchw)` and its inverse for masks, `deaugment_mask(mask_bchw)`.
    """
    return ttach.Compose(VIEWS[name])


def turned_back(view: ttach.base.Transformer, box_b4: torch.Tensor) -> torch.Tensor:
    """Boxes (b, 4), x_min, y_min, x_max, y_max as shares of a view, as shares of the image it was made of."""
    corners_b22 = view.deaugment_keypoints(box_b4.view(-1, 2, 2))
    return torch.cat([corners_b22.amin(dim=1), corners_b22.amax(dim=1)], dim=1)
