"""The toy's data set: bright and dark images, whose number is their brightness."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd


def numbers(folder: Path, train: int = 16, val: int = 6, test: int = 3) -> Path:
    """A folder of that many images, no two the same, and their tables."""
    values = iter(np.random.default_rng(0).permutation(256))
    for split, count in (("train", train), ("val", val), ("test", test)):
        place = folder / ("test" if split == "test" else "images")
        place.mkdir(parents=True, exist_ok=True)
        brightness = np.array([next(values) for _ in range(count)])
        for i, value in enumerate(brightness):
            cv2.imwrite(str(place / f"{split}_{i}.png"), np.full((48, 48, 3), value, np.uint8))
        if split != "test":
            names = [f"{split}_{i}.png" for i in range(count)]
            pd.DataFrame({"name": names, "number": brightness / 255}).to_csv(folder / f"{split}.csv", index=False)
    return folder
