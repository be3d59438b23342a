"""Proba-2 (ESA, 2009): a small black box, three orange-rimmed panels on its sunny side.

Public dimensions (esa.int, Proba-2; eoPortal): 0.65 x 0.70 x 0.85 m (the box; sensors and adapter ring stand out of
it), two deployed panels and one on the body. The rest by eye, after public pictures. Body axes: sun and panels +z,
deployed panels along y.
"""

from pipeline.scenes.shapes import ALONG_X, box, drum, nozzle, panel, rod, tube

SOLIDS = (
    box((0.62, 0.68, 0.80), (0, 0, 0), "black foil"),
    *(box((0.63, 0.02, 0.82), (0, y, 0), "carbon") for y in (-0.335, 0.335)),
    # sunny side: panels in orange frames, the two wings a little back
    box((0.66, 0.72, 0.03), (0, 0, 0.405), "orange paint"),
    panel(0.60, 0.50, (0, 0, 0.44), "violet cells", back=None),
    tube(0.06, 0.12, (0.18, 0.295, 0.45), "white paint"),
    tube(0.05, 0.12, (-0.16, 0.295, 0.45), "black paint"),
    tube(0.05, 0.12, (0.0, -0.295, 0.45), "aluminium"),
    panel(0.64, 0.60, (0, 0.69, 0.40), "violet cells", back="orange paint"),
    panel(0.64, 0.60, (0, -0.69, 0.40), "violet cells", back="orange paint"),
    *(box((0.06, 0.08, 0.03), (x, y, 0.39), "aluminium") for x in (-0.2, 0.2) for y in (-0.38, 0.38)),
    # dark side: adapter ring, star trackers with their baffles, radiators, thruster
    drum(0.22, 0.06, (0, 0, -0.43), "aluminium"),
    tube(0.19, 0.05, (0, 0, -0.47), "aluminium", (180, 0, 0)),
    tube(0.08, 0.26, (0.36, 0.15, -0.25), "white paint", (0, 110, 0)),
    tube(0.08, 0.26, (0.36, -0.15, -0.25), "white paint", (0, 110, 0)),
    drum(0.10, 0.03, (0.40, 0.15, -0.27), "orange paint", (0, 110, 0)),
    drum(0.10, 0.03, (0.40, -0.15, -0.27), "orange paint", (0, 110, 0)),
    box((0.02, 0.40, 0.35), (0.315, 0, 0.15), "radiator"),
    box((0.02, 0.40, 0.55), (-0.315, 0, 0), "copper"),
    nozzle(0.01, 0.035, 0.07, (-0.35, 0.2, -0.2), "titanium", (0, -90, 0)),
    box((0.20, 0.02, 0.16), (0.1, 0.35, -0.1), "white paint"),
    box((0.14, 0.02, 0.20), (-0.15, 0.35, 0.12), "gold foil"),
    box((0.20, 0.02, 0.20), (0, -0.35, -0.12), "white paint"),
    # plasma probe on its boom
    rod((-0.28, 0.30, 0.30), (-0.62, 0.36, 0.36), 0.010, "gold foil"),
    drum(0.035, 0.05, (-0.64, 0.36, 0.36), "gold foil", ALONG_X),
)
