"""How far trainings that differ in their seed alone lie apart: what a better one must beat."""

from collections.abc import Sequence


def spread(values: Sequence[float]) -> float:
    """The largest less the smallest."""
    return max(values) - min(values)
