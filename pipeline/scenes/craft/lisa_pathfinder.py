"""LISA Pathfinder (ESA, 2015): a flat gold octagon under one dark octagonal solar array.

Public dimensions (sci.esa.int, LISA Pathfinder, Spacecraft): science craft 2.1 m across and 1 m high, solar array of
2.8 m2 on top; the propulsion module is left behind. The rest by eye, after public pictures. Body axes: sun +z.
"""

from dataclasses import replace

import numpy as np

from pipeline.scenes.shapes import box, drum, nozzle, tube

SIDES = [np.radians(turn) for turn in range(0, 360, 45)]
THRUSTERS = [np.radians(turn) for turn in (22.5, 142.5, 262.5)]


def _cluster(angle: float) -> tuple:
    """A block of cold-gas thrusters on a side, at an angle about z."""
    x, y, turn = np.cos(angle), np.sin(angle), np.degrees(angle)
    return (
        box((0.20, 0.34, 0.42), (1.02 * x, 1.02 * y, -0.05), "grey paint", (0, 0, turn)),
        nozzle(0.02, 0.06, 0.12, (1.15 * x, 1.15 * y, 0.08), "titanium", (0, 90, turn)),
        nozzle(0.02, 0.06, 0.12, (1.15 * x, 1.15 * y, -0.16), "titanium", (0, 90, turn)),
    )


SOLIDS = (
    drum(1.00, 0.76, (0, 0, 0), "gold foil", (0, 0, 22.5), sides=8),
    drum(1.09, 0.05, (0, 0, 0.42), "gold foil", (0, 0, 22.5), sides=8),
    replace(drum(0.995, 0.03, (0, 0, 0.46), "navy cells", (0, 0, 22.5), sides=8), panel=True),
    drum(0.55, 0.10, (0, 0, -0.42), "aluminium"),
    tube(0.45, 0.16, (0, 0, -0.52), "aluminium", (180, 0, 0)),
    *(
        box((0.02, 0.52, 0.46), (0.93 * np.cos(a), 0.93 * np.sin(a), 0), "radiator", (0, 0, np.degrees(a)))
        for a in SIDES[1::4]
    ),
    *(
        box((0.02, 0.40, 0.40), (0.93 * np.cos(a), 0.93 * np.sin(a), 0.02), "black foil", (0, 0, np.degrees(a)))
        for a in SIDES[2::4]
    ),
    *(solid for angle in THRUSTERS for solid in _cluster(angle)),
    tube(0.09, 0.30, (-0.75, 0.30, -0.45), "black paint", (180, 0, 0)),
    tube(0.09, 0.30, (-0.75, -0.05, -0.45), "black paint", (180, 0, 0)),
    drum(0.12, 0.10, (0.65, 0.45, -0.43), "white paint"),
    drum(0.10, 0.06, (0.85, 0.0, -0.41), "white paint"),
    nozzle(0.04, 0.10, 0.20, (0.60, -0.45, -0.48), "white paint", (180, 0, 0)),
)
