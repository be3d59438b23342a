"""What is published about the real set's pixels, and the same figures of a simulated one."""

from pathlib import Path

import cv2
import numpy as np

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.layout import Shot, read_rgb
from pipeline.scenes.spark_layout import stored_labels

# figure: (published, how far off is near enough, decimals). Pixel shares over 2,000 val images; channels pooled over
# all pixels of all images, which is assumed.
PUBLISHED = {
    "background %": (95.2, 0.5, 2),
    "body %": (3.6, 0.5, 2),
    "panel %": (1.2, 0.5, 2),
    "mean red": (0.27, 0.03, 3),
    "mean green": (0.26, 0.03, 3),
    "mean blue": (0.28, 0.03, 3),
    "deviation red": (0.19, 0.04, 3),
    "deviation green": (0.19, 0.04, 3),
    "deviation blue": (0.24, 0.04, 3),
    "smallest class %": (10.0, 0.5, 2),
    "largest class %": (10.0, 0.5, 2),
}


def sums(folder: Path, shot: Shot) -> np.ndarray:
    """Of one labelled image's files: background, body and panel pixels, sums and sums of squares of R, G, B (0-1)."""
    labels, image = stored_labels(folder / shot.mask), read_rgb(folder / shot.image)
    mean, deviation = (a.ravel() / 255 for a in cv2.meanStdDev(image))
    body, panel = (np.count_nonzero(labels == part) for part in (BODY, PANEL))
    pixels = labels.size
    return np.array([pixels - body - panel, body, panel, *(mean * pixels), *((deviation**2 + mean**2) * pixels)])


def figures(total: np.ndarray, classes: list[int]) -> dict[str, float]:
    """The published figures' counterparts, from the total of `sums` and the images per class."""
    pixels = total[:3].sum()
    mean = total[3:6] / pixels
    shares = 100 * np.array(classes) / sum(classes)
    values = [*(100 * total[:3] / pixels), *mean, *np.sqrt(total[6:] / pixels - mean**2), shares.min(), shares.max()]
    return dict(zip(PUBLISHED, map(float, values), strict=True))


def table(simulated: dict[str, float]) -> tuple[str, list[str]]:
    """A table with a line for each figure, and the names of those out of bounds."""
    lines = [f"{'':18} simulated  published   bound"]
    off = []
    for name, (published, bound, decimals) in PUBLISHED.items():
        value = simulated[name]
        good = abs(value - published) <= bound
        off += [] if good else [name]
        word = "ok" if good else "OFF"
        lines.append(f"{name:18} {value:9.{decimals}f} {published:10.2f} {bound:7.2f}  {word}")
    return "\n".join(lines), off
