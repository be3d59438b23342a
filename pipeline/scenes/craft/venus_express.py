"""Venus Express (ESA, 2005): gold box, two wings, one large dish.

Public dimensions (esa.int, Venus Express, The spacecraft): bus 1.5 x 1.8 x 1.4 m, about 8 m across with its wings out;
two wings, 5.7 m2 of cells together; high-gain dishes of 1.3 m and 0.3 m; a 400 N main engine. The rest by eye, after
public pictures. Body axes: wings along y, large dish +x, main engine -z.
"""

from pipeline.scenes.shapes import ALONG_X, ALONG_Y, box, dish, drum, moved, nozzle, rod, tube, wing

WING = wing(yoke=0.75, width=1.2, height=1.15, count=2, cells="navy cells")

SOLIDS = (
    box((1.5, 1.8, 1.4), (0, 0, 0), "gold foil"),
    box((1.1, 0.02, 0.9), (0, 0.905, 0.1), "radiator"),
    box((1.1, 0.02, 0.9), (0, -0.905, 0.1), "radiator"),
    drum(0.12, 0.12, (0.8, 0, 0.1), "aluminium", ALONG_X),
    dish(1.3, 0.24, (0.88, 0, 0.1), "white paint", ALONG_X, back="gold foil"),
    rod((0.9, 0, 0.1), (1.32, 0, 0.1), 0.02, "aluminium"),
    drum(0.10, 0.06, (1.32, 0, 0.1), "white paint", ALONG_X),
    drum(0.05, 0.16, (-0.3, -0.2, 0.77), "aluminium"),
    dish(0.3, 0.06, (-0.3, -0.2, 0.86), "white paint"),
    drum(0.45, 0.10, (0, 0, -0.75), "aluminium"),
    nozzle(0.06, 0.20, 0.40, (0, 0, -1.0), "titanium", (180, 0, 0)),
    *(nozzle(0.02, 0.05, 0.10, (x, y, -0.74), "titanium", (180, 0, 0)) for x in (-0.6, 0.6) for y in (-0.75, 0.75)),
    tube(0.12, 0.35, (0.35, 0.5, 0.85), "black paint"),
    tube(0.12, 0.35, (0.35, 0.1, 0.85), "black paint"),
    box((0.5, 0.45, 0.22), (-0.3, 0.45, 0.81), "black foil"),
    rod((-0.7, -0.8, 0.7), (-0.9, -1.1, 1.6), 0.015, "aluminium"),
    # drives of the wings, star trackers on the side away from the large dish
    drum(0.10, 0.12, (0, 0.95, 0), "aluminium", ALONG_Y),
    drum(0.10, 0.12, (0, -0.95, 0), "aluminium", ALONG_Y),
    tube(0.08, 0.25, (-0.82, 0.30, 0.40), "black paint", (20, -90, 0)),
    tube(0.08, 0.25, (-0.82, -0.30, 0.40), "black paint", (-20, -90, 0)),
    *moved(WING, (0, 0.9, 0), (0, -25, 0)),
    *moved(WING, (0, -0.9, 0), (0, 25, 180)),
)
