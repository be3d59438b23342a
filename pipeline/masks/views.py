"""Test-time views of an image, made and undone by ttach: which flips and quarter turns, and their inverses."""

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
