"""The columns that truth, answers and judges of boxes and masks share, spelt once."""

import pyarrow as pa

PARTS = ("body", "panel")
BOX = ["x_min", "y_min", "x_max", "y_max"]  # pixels, max exclusive; NaN: no label
MASKS = [f"{part}_rle" for part in PARTS]  # COCO counts at the image's size; null: no mask
BOX_FIELDS = [pa.field(corner, pa.float64()) for corner in BOX]
MASK_FIELDS = [pa.field(mask, pa.string()) for mask in MASKS]
