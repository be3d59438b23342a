"""SPARK 2024 Stream 1 segmentation: body and solar panel of one spacecraft, judged by masks alone."""

from pipeline.tracks.spark2026 import CLASSES, SIZE  # the same ten craft, the same 1024 x 1024 pixels

__all__ = ["CLASSES", "SIZE"]
