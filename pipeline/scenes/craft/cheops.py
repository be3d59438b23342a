"""Cheops (ESA, 2019): a hexagonal drum with a short telescope on top and a folded sunshield of three panels.

Public dimensions (esa.int, Cheops factsheet; cheops.unibe.ch): 1.5 x 1.4 x 1.5 m, a telescope of 0.32 m aperture, two
star trackers on its structure. The rest by eye, after public pictures. Body axes: telescope +z, sun +y.
"""

from pipeline.scenes.shapes import box, drum, nozzle, panel, tube

TURNS = (0.0, 60.0, -60.0)  # of the three sunshield panels about z
PLACES = ((0, 0.70), (-0.66, 0.36), (0.66, 0.36))

SOLIDS = (
    drum(0.72, 0.80, (0, 0, -0.25), "white foil", sides=6),
    drum(0.70, 0.04, (0, 0, 0.17), "black foil", sides=6),
    box((0.5, 0.02, 0.55), (0, -0.635, -0.25), "radiator"),
    box((0.4, 0.02, 0.5), (0.55, -0.325, -0.25), "aluminium", (0, 0, 60)),
    drum(0.46, 0.08, (0, 0, -0.70), "aluminium"),
    # telescope: optical bench, tube, baffle with its open cover
    box((0.50, 0.62, 0.28), (0, -0.10, 0.32), "silver foil"),
    drum(0.27, 0.50, (0, -0.10, 0.62), "white foil"),
    tube(0.25, 0.45, (0, -0.10, 1.02), "silver foil"),
    drum(0.29, 0.05, (0, -0.10, 0.86), "aluminium"),
    tube(0.27, 0.06, (0, -0.10, 1.24), "black paint"),
    drum(0.29, 0.03, (0, -0.50, 1.40), "gold foil", (70, 0, 0)),
    box((0.10, 0.12, 0.10), (0, -0.38, 1.20), "aluminium"),
    box((0.34, 0.05, 0.40), (0.30, -0.32, 0.60), "white paint", (0, 0, 40)),
    box((0.34, 0.05, 0.40), (-0.30, -0.32, 0.60), "white paint", (0, 0, -40)),
    tube(0.08, 0.34, (0.34, -0.05, 0.62), "black paint", (-15, 20, 0)),
    tube(0.08, 0.34, (-0.34, -0.05, 0.62), "black paint", (-15, -20, 0)),
    # sunshield: golden frames behind the three panels
    *(
        box((0.80, 0.04, 1.30), (0.955 * x, 0.955 * y, -0.02), "gold foil", (0, 0, turn))
        for (x, y), turn in zip(PLACES, TURNS, strict=True)
    ),
    *(
        panel(0.68, 1.18, (x, y, -0.02), "navy cells", (-90, 0, turn), back=None)
        for (x, y), turn in zip(PLACES, TURNS, strict=True)
    ),
    drum(0.06, 0.05, (0.2, -0.66, -0.45), "white paint", (90, 0, 0)),
    *(nozzle(0.02, 0.05, 0.10, (x, -0.2, -0.68), "titanium", (180, 0, 0)) for x in (-0.55, 0.55)),
)
