"""SMART-1 (ESA, 2003): a dark cube of a metre with two very long, narrow wings and an ion engine.

Public dimensions (esa.int, SMART-1 fact sheet; eoPortal, SMART-1): bus 1.15 x 1.15 x 0.96 m; 14 m from tip to tip; two
wings of three panels, 10 m2 of cells together; PPS-1350 Hall thruster of 0.1 m bore on a gimbal. The rest by eye, after
public pictures. Body axes: wings along y, ion engine -z, science and antenna deck +z.
"""

from pipeline.scenes.shapes import ALONG_X, ALONG_Y, box, dish, drum, lathe, moved, nozzle, rod, tube, wing

WING = wing(yoke=0.85, width=0.95, height=1.79, count=3, cells="brown cells", gap=0.05)
RING = [(0.065, 0.0), (0.12, 0.0), (0.12, 0.09), (0.065, 0.09)]

SOLIDS = (
    box((1.15, 1.15, 0.92), (0, 0, 0), "black foil"),
    # amber foil over the middle of the two bare sides and of the decks
    box((1.19, 0.62, 0.80), (0, 0, 0.02), "amber foil"),
    box((0.95, 0.95, 0.04), (0, 0, 0.47), "amber foil"),
    box((0.70, 0.03, 0.60), (0, 0.58, -0.08), "radiator"),
    box((0.70, 0.03, 0.60), (0, -0.58, -0.08), "radiator"),
    # drives of the wings
    drum(0.09, 0.16, (0, 0.62, 0.25), "aluminium", ALONG_Y),
    drum(0.09, 0.16, (0, -0.62, 0.25), "aluminium", ALONG_Y),
    # launch adapter, and the ion engine on its plate: discharge ring, dark channel, two cathodes
    lathe([(0.44, -0.06), (0.50, -0.06), (0.50, 0.06), (0.44, 0.06), (0.44, -0.06)], (0, 0, -0.50), "aluminium"),
    drum(0.33, 0.06, (0, 0, -0.49), "amber foil"),
    box((0.34, 0.34, 0.12), (0, 0, -0.56), "grey paint"),
    drum(0.20, 0.05, (0, 0, -0.64), "white paint"),
    lathe([*RING, RING[0]], (0, 0, -0.74), "titanium"),
    drum(0.05, 0.08, (0, 0, -0.69), "copper"),
    rod((0.17, 0.05, -0.60), (0.12, 0.05, -0.76), 0.02, "titanium"),
    rod((0.17, -0.05, -0.60), (0.12, -0.05, -0.76), 0.02, "titanium"),
    # hydrazine thrusters at the corners of the engine deck
    *(nozzle(0.015, 0.04, 0.09, (x, y, -0.50), "titanium", (180, 0, 0)) for x in (-0.5, 0.5) for y in (-0.5, 0.5)),
    # deck: camera AMIE, spectrometers D-CIXS and SIR, star trackers, medium-gain horn
    box((0.30, 0.24, 0.20), (0.28, 0.26, 0.58), "white paint"),
    tube(0.07, 0.16, (0.28, 0.26, 0.75), "black paint"),
    box((0.22, 0.28, 0.16), (0.25, -0.26, 0.56), "grey paint"),
    box((0.18, 0.18, 0.14), (-0.10, 0.30, 0.55), "silver foil"),
    tube(0.08, 0.30, (-0.38, 0.34, 0.60), "black paint", (-25, -25, 0)),
    tube(0.08, 0.30, (-0.38, -0.34, 0.60), "black paint", (25, -25, 0)),
    dish(0.30, 0.06, (-0.08, -0.22, 0.60), "white paint"),
    drum(0.05, 0.16, (-0.08, -0.22, 0.53), "aluminium"),
    # a flat antenna and sun sensors on the sides, probe booms of the plasma experiment
    box((0.04, 0.30, 0.30), (0.61, 0, 0.12), "white paint"),
    drum(0.06, 0.08, (-0.62, 0.0, 0.15), "white paint", ALONG_X),
    rod((0.55, 0.55, -0.40), (1.02, 0.84, -0.56), 0.012, "aluminium"),
    rod((-0.55, -0.55, -0.40), (-1.02, -0.84, -0.56), 0.012, "aluminium"),
    *moved(WING, (0, 0.68, 0.25), (0, -20, 0)),
    *moved(WING, (0, -0.68, 0.25), (0, 20, 180)),
)
