"""Cheops (ESA, 2019): a hexagonal drum with a short telescope on top and a folded sunshield of three panels.

Public dimensions (esa.int, Cheops factsheet; cheops.unibe.ch): 1.5 x 1.4 x 1.5 m with the cover shut (here it is open),
a telescope of 0.32 m aperture, two star trackers on its structure. The rest by eye, after public pictures. Body axes:
telescope +z, sun +y.
"""

from pipeline.scenes.shapes import box, drum, nozzle, panel, tube

TURNS = (0.0, 60.0, -60.0)  # of the three sunshield panels about z
PLACES = ((0, 0.68), (-0.60, 0.35), (0.60, 0.35))

SOLIDS = (
    drum(0.70, 0.62, (0, 0, -0.34), "white foil", sides=6),
    drum(0.68, 0.04, (0, 0, -0.01), "black foil", sides=6),
    box((0.5, 0.02, 0.45), (0, -0.615, -0.34), "radiator"),
    box((0.4, 0.02, 0.4), (0.535, -0.31, -0.34), "aluminium", (0, 0, 60)),
    drum(0.46, 0.08, (0, 0, -0.70), "aluminium"),
    # telescope: optical bench, tube, baffle with its open cover
    box((0.50, 0.62, 0.22), (0, -0.10, 0.11), "silver foil"),
    drum(0.27, 0.34, (0, -0.10, 0.36), "white foil"),
    tube(0.25, 0.32, (0, -0.10, 0.66), "silver foil"),
    drum(0.29, 0.05, (0, -0.10, 0.54), "aluminium"),
    tube(0.27, 0.06, (0, -0.10, 0.81), "black paint"),
    drum(0.29, 0.03, (0, -0.50, 0.97), "gold foil", (70, 0, 0)),
    box((0.10, 0.12, 0.10), (0, -0.38, 0.77), "aluminium"),
    box((0.34, 0.05, 0.34), (0.30, -0.32, 0.36), "white paint", (0, 0, 40)),
    box((0.34, 0.05, 0.34), (-0.30, -0.32, 0.36), "white paint", (0, 0, -40)),
    tube(0.08, 0.30, (0.34, -0.05, 0.38), "black paint", (-15, 20, 0)),
    tube(0.08, 0.30, (-0.34, -0.05, 0.38), "black paint", (-15, -20, 0)),
    # sunshield: golden frames behind the three panels
    *(
        box((0.72, 0.04, 1.30), (0.955 * x, 0.955 * y, -0.02), "gold foil", (0, 0, turn))
        for (x, y), turn in zip(PLACES, TURNS, strict=True)
    ),
    *(
        panel(0.64, 1.18, (x, y, -0.02), "navy cells", (-90, 0, turn), back=None)
        for (x, y), turn in zip(PLACES, TURNS, strict=True)
    ),
    drum(0.06, 0.05, (0.2, -0.66, -0.45), "white paint", (90, 0, 0)),
    *(nozzle(0.02, 0.05, 0.10, (x, -0.2, -0.68), "titanium", (180, 0, 0)) for x in (-0.55, 0.55)),
)
