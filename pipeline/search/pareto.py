"""Which networks are worth their compute: the front that no other beats, and where it bends."""

from collections.abc import Sequence
from typing import Literal, NamedTuple


class Point(NamedTuple):
    """A network that was trained.

    Attributes:
        name: written beside it
        gmac: 10^9 multiply-accumulates of one image and one view
        mparams: millions of parameters
        value: of the figure that says how well it answers
        kind: of one colour; empty: all are of one kind
    """

    name: str
    gmac: float
    mparams: float
    value: float
    kind: str = ""


def front(points: Sequence[Point], best: Literal["max", "min"]) -> list[Point]:
    """Those that none beats, the cheapest first: whatever costs as little or less answers less well.

    Of several with the same compute and value the first one stands for all.
    """
    sign = 1 if best == "max" else -1
    found: list[Point] = []
    for point in sorted(points, key=lambda point: (point.gmac, -sign * point.value)):
        if not found or sign * point.value > sign * found[-1].value:
            found.append(point)
    return found


def knee(found: Sequence[Point]) -> Point | None:
    """Where a front bends: the point farthest from the chord between its ends, on the chord's better side.

    Compute and value are both scaled to 0 at the front's cheapest point and 1 at its best; compute is not in
    logarithms. Of equally far points the cheapest. None where there is nothing between the ends, or nothing above the
    chord.
    """
    if len(found) < 3:
        return None
    farthest = max(found[1:-1], key=lambda point: _above(point, found[0], found[-1]))
    return farthest if _above(farthest, found[0], found[-1]) > 0 else None


def _above(point: Point, first: Point, last: Point) -> float:
    """The distance from the chord, times the root of 2; negative on its worse side."""
    value = (point.value - first.value) / (last.value - first.value)
    return value - (point.gmac - first.gmac) / (last.gmac - first.gmac)
