"""Proba-3's coronagraph craft (ESA, 2024): an amber box with one wing and a telescope that looks past its edge.

Public dimensions (esa.int, Proba-3; eoPortal): 1.1 x 1.8 x 1.7 m, deployed solar panels on one side. The rest by eye,
after public pictures. Body axes: sun and telescope +z, wing +x, height y.
"""

from pipeline.scenes.shapes import box, drum, moved, nozzle, tube, wing

WING = wing(yoke=0.30, width=1.45, height=0.85, count=2, cells="brown cells", back="white paint")

SOLIDS = (
    box((1.05, 1.75, 1.30), (0, 0, 0), "amber foil"),
    box((0.9, 0.02, 1.0), (0, 0.885, 0), "radiator"),
    box((0.9, 0.02, 1.0), (0, -0.885, 0), "radiator"),
    box((1.07, 0.25, 1.32), (0, 0.35, 0), "white paint"),
    # coronagraph: long tube with its door open, sensor boxes beside it
    drum(0.17, 1.4, (-0.25, -0.35, 0.05), "black foil"),
    tube(0.20, 0.26, (-0.25, -0.35, 0.77), "black paint"),
    drum(0.19, 0.02, (-0.25, -0.62, 0.87), "gold foil", (60, 0, 0)),
    box((0.26, 0.26, 0.22), (0.25, -0.45, 0.74), "white paint"),
    box((0.22, 0.30, 0.16), (0.25, 0.05, 0.72), "black paint"),
    tube(0.07, 0.20, (0.05, 0.65, 0.74), "black paint"),
    # solar side: sun sensors, star trackers, antennas
    tube(0.09, 0.34, (-0.62, 0.50, -0.25), "white paint", (0, -70, 0)),
    tube(0.09, 0.34, (-0.62, 0.20, -0.25), "white paint", (0, -70, 0)),
    box((0.02, 1.1, 0.8), (-0.535, -0.25, 0.05), "radiator"),
    drum(0.40, 0.10, (0, 0, -0.69), "aluminium"),
    tube(0.34, 0.08, (0, 0, -0.76), "aluminium", (180, 0, 0)),
    *(
        nozzle(0.015, 0.05, 0.10, (x, y, z), "titanium", (turn, 0, 0))
        for x in (-0.42, 0.42)
        for y in (-0.75, 0.75)
        for z, turn in ((-0.69, 180), (0.69, 0))
    ),
    drum(0.07, 0.05, (-0.35, 0.45, 0.67), "white paint"),
    drum(0.07, 0.05, (0.35, -0.45, -0.67), "white paint"),
    *moved(WING, (0.53, 0, 0.45), (0, 0, -90)),
)
