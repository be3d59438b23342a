"""What chance alone makes of a figure: trainings that differ in their seed and in nothing else."""

from collections.abc import Sequence


def spread(values: Sequence[float]) -> float | None:
    """The largest less the smallest value; None of fewer than two, which say nothing of chance."""
    return max(values) - min(values) if len(values) > 1 else None


def is_noise(gain: float, spread: float | None) -> bool:
    """Whether a gain, or a loss, is no larger than the spread; not where that is not known."""
    return spread is not None and abs(gain) <= spread
