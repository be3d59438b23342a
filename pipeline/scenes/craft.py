"""The ten spacecraft as data: a few convex primitives each, in metres, body axes; proportions after public pictures.

They are look-alikes that tell apart in outline and colour, not models: no dimension here is official.
"""

from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Primitive:
    """One convex solid of a craft.

    Attributes:
        size: (x, y, z) of a box, or (bottom radius, top radius, height) of a frustum about its z axis; metres
        at: its centre in body axes; metres
        material: a key of MATERIALS
        sides: 0 for a box, else the number of sides of the frustum (6 hexagon, 8 octagon, 32 round)
        turn: rotations about x, then y, then z, about its centre; degrees
        panel: True for solar panel, False for body
        back: the material of the face that looks along its own -z, where it differs
    """

    size: Vector
    at: Vector
    material: str
    sides: int = 0
    turn: Vector = (0.0, 0.0, 0.0)
    panel: bool = False
    back: str | None = None


def _box(size: Vector, at: Vector, material: str, turn: Vector = (0, 0, 0)) -> Primitive:
    return Primitive(size, at, material, turn=turn)


def _frustum(sides: int, size: Vector, at: Vector, material: str, turn: Vector = (0, 0, 0)) -> Primitive:
    return Primitive(size, at, material, sides, turn)


def _panel(size: Vector, at: Vector, cells: str, turn: Vector = (0, 0, 0), back: str | None = "carbon") -> Primitive:
    return Primitive(size, at, cells, turn=turn, panel=True, back=back)


ALONG_X, ALONG_Y = (0.0, 90.0, 0.0), (-90.0, 0.0, 0.0)

CRAFT: dict[str, tuple[Primitive, ...]] = {
    "VenusExpress": (
        _box((1.7, 1.65, 1.5), (0, 0, 0), "gold foil"),
        _frustum(32, (0.15, 0.65, 0.28), (1.0, 0, 0.1), "white paint", ALONG_X),
        _frustum(24, (0.28, 0.12, 0.35), (0, 0, -0.92), "black foil"),
        _box((0.5, 0.5, 0.25), (-0.3, 0.2, 0.87), "black paint"),
        _box((0.06, 0.9, 0.06), (0, 1.2, 0), "aluminium"),
        _box((0.06, 0.9, 0.06), (0, -1.2, 0), "aluminium"),
        _panel((0.95, 1.15, 0.04), (0, 2.05, 0), "navy cells"),
        _panel((0.95, 1.15, 0.04), (0, 3.25, 0), "navy cells"),
        _panel((0.95, 1.15, 0.04), (0, -2.05, 0), "navy cells"),
        _panel((0.95, 1.15, 0.04), (0, -3.25, 0), "navy cells"),
    ),
    "Cheops": (
        _frustum(6, (0.75, 0.75, 0.95), (0, 0, 0), "white paint"),
        _frustum(32, (0.26, 0.26, 0.75), (0, -0.08, 0.8), "silver foil"),
        _frustum(32, (0.30, 0.30, 0.10), (0, -0.08, 1.2), "black paint"),
        _box((0.62, 0.05, 0.62), (0, -0.40, 1.48), "white paint", (35, 0, 0)),
        _frustum(24, (0.18, 0.18, 0.12), (0, 0, -0.53), "black foil"),
        _panel((0.72, 0.90, 0.04), (0, 0.67, 0), "blue cells", (-90, 0, 0), back=None),
        _panel((0.72, 0.90, 0.04), (0.58, 0.335, 0), "blue cells", (-90, 0, -60), back=None),
        _panel((0.72, 0.90, 0.04), (-0.58, 0.335, 0), "blue cells", (-90, 0, 60), back=None),
    ),
    "LisaPathfinder": (
        _frustum(8, (1.05, 1.05, 0.80), (0, 0, 0), "gold foil"),
        _frustum(8, (1.24, 1.24, 0.08), (0, 0, 0.46), "black foil"),
        Primitive((1.16, 1.16, 0.04), (0, 0, 0.52), "navy cells", sides=8, panel=True),
        _frustum(32, (0.50, 0.42, 0.16), (0, 0, -0.47), "aluminium"),
        _box((0.22, 0.16, 0.34), (1.08, 0, -0.05), "grey paint"),
        _box((0.22, 0.16, 0.34), (-0.54, 0.93, -0.05), "grey paint", (0, 0, 120)),
        _box((0.22, 0.16, 0.34), (-0.54, -0.93, -0.05), "grey paint", (0, 0, 240)),
    ),
    "ObservationSat1": (
        _box((3.8, 1.15, 1.15), (0, 0, 0), "silver foil"),
        _box((3.1, 0.12, 0.75), (0.2, -0.30, -1.0), "green paint", (12, 0, 0)),
        _box((0.15, 0.15, 0.7), (0.2, -0.10, -0.75), "black paint"),
        _frustum(32, (0.36, 0.36, 0.5), (1.2, 0, 0.78), "black foil"),
        _box((0.5, 0.7, 0.3), (-1.3, 0, 0.70), "black paint"),
        _box((0.08, 0.9, 0.08), (-1.3, 0.95, 0.2), "aluminium"),
        _panel((1.45, 1.35, 0.04), (-1.3, 1.95, 0.2), "blue cells", (0, 20, 0)),
        _panel((1.45, 1.35, 0.04), (-1.3, 3.35, 0.2), "blue cells", (0, 20, 0)),
    ),
    "Proba2": (
        _box((0.62, 0.66, 0.85), (0, 0, 0), "black foil"),
        _box((0.56, 0.60, 0.06), (0, 0, -0.45), "orange paint"),
        _frustum(24, (0.09, 0.09, 0.30), (0.15, 0.1, -0.6), "white paint"),
        _frustum(24, (0.07, 0.07, 0.22), (-0.15, -0.1, -0.57), "orange paint"),
        _box((0.30, 0.04, 0.50), (0, 0.345, -0.08), "copper"),
        _panel((0.60, 0.62, 0.03), (0, 0, 0.445), "violet cells", back=None),
        _panel((0.56, 0.44, 0.03), (0, 0.58, 0.43), "violet cells", (-10, 0, 0)),
        _panel((0.56, 0.44, 0.03), (0, -0.58, 0.43), "violet cells", (10, 0, 0)),
    ),
    "Proba3": (
        _box((1.10, 1.25, 1.60), (0, 0, 0), "amber foil"),
        _box((1.12, 0.40, 1.62), (0, -0.30, 0), "white paint"),
        _frustum(24, (0.16, 0.16, 0.9), (-0.25, 0.1, 1.05), "black foil"),
        _box((0.30, 0.30, 0.24), (0.30, -0.1, 0.90), "white paint"),
        _frustum(24, (0.30, 0.10, 0.22), (0, 0, -0.90), "aluminium"),
        _panel((0.85, 1.15, 0.04), (1.05, 0.75, -0.15), "brown cells", (0, 90, -75)),
        _panel((0.85, 1.15, 0.04), (2.22, 1.06, -0.15), "brown cells", (0, 90, -75)),
    ),
    "Proba3ocs": (
        _frustum(32, (0.84, 0.84, 0.05), (0, 0, 0.50), "black paint"),
        _frustum(32, (0.87, 0.87, 0.03), (0, 0, 0.465), "orange paint"),
        _box((0.85, 0.85, 0.90), (0, 0, 0), "copper"),
        _box((0.30, 0.30, 0.20), (0.1, -0.1, -0.55), "white paint"),
        _box((0.9, 0.04, 0.04), (-0.80, 0, -0.30), "aluminium"),
        _panel((0.70, 0.75, 0.03), (0.44, 0, -0.05), "blue cells", ALONG_X, back=None),
        _panel((0.75, 0.70, 0.03), (0, 0.44, -0.05), "blue cells", ALONG_Y, back=None),
    ),
    "Smart1": (
        _box((1.15, 1.15, 1.05), (0, 0, 0), "orange paint"),
        _box((1.17, 0.55, 1.07), (0, 0.2, 0), "black foil"),
        _frustum(32, (0.30, 0.22, 0.35), (0, 0, -0.68), "aluminium"),
        _box((0.40, 0.35, 0.30), (0.2, 0.2, 0.65), "white paint"),
        _box((0.05, 1.1, 0.05), (0, 1.05, 0), "aluminium"),
        _box((0.05, 1.1, 0.05), (0, -1.05, 0), "aluminium"),
        *(_panel((0.62, 1.35, 0.04), (0, s * y, 0), "brown cells") for s in (1, -1) for y in (2.25, 3.65, 5.05)),
    ),
    "Soho": (
        _box((1.9, 1.9, 1.1), (0, 0, -0.9), "black foil"),
        _box((1.7, 1.7, 1.9), (0, 0, 0.55), "white paint"),
        _frustum(24, (0.28, 0.28, 2.3), (1.0, 0.35, 0.75), "aluminium"),
        _frustum(24, (0.22, 0.22, 2.0), (1.0, -0.40, 0.75), "grey paint"),
        _box((0.35, 1.2, 1.6), (-0.95, 0, 0.6), "grey paint"),
        _frustum(32, (0.55, 0.55, 0.20), (0, 0, -1.53), "gold foil"),
        _panel((1.15, 1.35, 0.05), (0, 1.85, -0.9), "blue cells", ALONG_X),
        _panel((1.15, 1.35, 0.05), (0, 3.25, -0.9), "blue cells", ALONG_X),
        _panel((1.15, 1.35, 0.05), (0, -1.85, -0.9), "blue cells", ALONG_X),
        _panel((1.15, 1.35, 0.05), (0, -3.25, -0.9), "blue cells", ALONG_X),
    ),
    "XMM Newton": (
        _frustum(32, (0.80, 0.80, 5.2), (0, 0, 0.6), "black foil"),
        _frustum(8, (1.25, 1.25, 1.3), (0, 0, -2.5), "gold foil"),
        _frustum(32, (1.05, 1.05, 0.9), (0, 0, 3.5), "gold foil"),
        _frustum(32, (0.55, 0.55, 0.15), (0, 0, -3.2), "aluminium"),
        _box((1.9, 0.08, 1.9), (0, 1.15, -3.5), "white paint", (20, 0, 0)),
        *(
            _panel((1.35, 1.30, 0.05), (s * x, 0, -2.5), "navy cells", (90, 0, 0))
            for s in (1, -1)
            for x in (2.05, 3.45)
        ),
    ),
}

CLASSES = tuple(CRAFT)
