"""SPARK 2026 Stream 1: one spacecraft an image, named, boxed and segmented into body and solar panel.

Craft, image size and layout of the files are taken to be those of SPARK 2024.
"""

from pipeline.tracks.spark2024 import CLASSES, SIZE

__all__ = ["BUDGET_GMAC", "BUDGET_MPARAMS", "CLASSES", "SIZE"]
BUDGET_GMAC = 100.0  # printed as 200 GFLOP where a multiply-accumulate counts as two
BUDGET_MPARAMS = 30.0
