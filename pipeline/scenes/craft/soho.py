"""SOHO (ESA and NASA, 1995): a dark service module with wings below a bundle of Sun-looking telescopes.

Public dimensions (esa.int and soho.nascom.nasa.gov, SOHO fact sheets; eoPortal, SOHO): 4.3 (along z, without the dish)
x 2.7 x 3.7 m, 9.5 m across with its wings out; two wings of two panels; coronal spectrometer UVCS about 2.7 m long. The
rest by eye, after public pictures. Body axes: Sun, telescopes and cells +z, wings along y, high-gain dish -x, launch
adapter -z.
"""

from pipeline.scenes.shapes import ALONG_X, ALONG_Y, box, dish, drum, lathe, moved, nozzle, prism, rod, tube, wing

WING = wing(yoke=0.55, width=2.2, height=1.36, count=2, cells="blue cells", back="white paint", frame="aluminium")
HULL = [(1.35, -1.0), (1.35, 1.0), (1.0, 1.35), (-1.0, 1.35), (-1.35, 1.0), (-1.35, -1.0), (-1.0, -1.35), (1.0, -1.35)]

SOLIDS = (
    # service module: dark hull, louvres, adapter cone, drives
    prism(HULL, 1.10, (0, 0, -1.35), "black foil"),
    prism([(0.98 * x, 0.98 * y) for x, y in HULL], 0.06, (0, 0, -0.78), "white paint"),
    box((1.5, 0.03, 0.75), (0, -1.36, -1.50), "radiator"),
    box((1.5, 0.03, 0.75), (0, 1.36, -1.50), "radiator"),
    box((0.03, 1.3, 0.75), (1.36, 0, -1.40), "radiator"),
    lathe([(0.75, -0.15), (0.85, -0.15), (0.95, 0.15), (0.75, 0.15), (0.75, -0.15)], (0, 0, -2.0), "aluminium"),
    drum(0.60, 0.14, (0, 0, -1.93), "gold foil"),
    drum(0.12, 0.16, (0, 1.38, -0.98), "aluminium", ALONG_Y),
    drum(0.12, 0.16, (0, -1.38, -0.98), "aluminium", ALONG_Y),
    *(nozzle(0.03, 0.08, 0.16, (x, y, -1.95), "titanium", (180, 0, 0)) for x in (-1.1, 1.1) for y in (-0.9, 0.9)),
    # high-gain dish on its mast, low-gain antennas
    rod((-1.2, 0, -1.75), (-1.75, 0, -2.15), 0.05, "aluminium"),
    drum(0.10, 0.24, (-1.75, 0, -2.15), "grey paint", ALONG_Y),
    *moved(
        (
            dish(0.95, 0.17, (0, 0, 0.06), "white paint", back="black foil"),
            rod((0, 0, 0), (0, 0, 0.42), 0.03, "white paint"),
            drum(0.08, 0.05, (0, 0, 0.42), "white paint"),
        ),
        (-1.85, 0, -2.22),
        (0, -115, 0),
    ),
    rod((1.2, 1.1, -1.8), (1.3, 1.3, -2.3), 0.02, "white paint"),
    rod((1.2, -1.1, -1.8), (1.3, -1.3, -2.3), 0.02, "white paint"),
    # payload module: gold core
    box((1.25, 1.45, 2.0), (0, 0, 0.2), "gold foil"),
    box((1.15, 1.35, 0.04), (0, 0, 1.21), "white paint"),
    # UVCS: the long box on -x; CDS and SUMER on +x
    box((0.52, 0.62, 2.75), (-0.92, -0.10, 0.62), "white foil"),
    box((0.40, 0.44, 0.06), (-0.92, -0.10, 2.01), "black paint"),
    box((0.40, 0.50, 1.95), (0.85, 0.42, 0.35), "silver foil"),
    drum(0.17, 0.35, (0.85, 0.42, 1.40), "black paint"),
    box((0.46, 0.52, 1.80), (0.87, -0.36, 0.20), "gold foil"),
    tube(0.21, 0.75, (0.87, -0.36, 1.45), "white paint"),
    # LASCO: three coronagraphs on +y
    box((0.95, 0.30, 1.30), (-0.05, 0.90, -0.05), "black foil"),
    tube(0.20, 1.75, (-0.34, 0.92, 0.70), "silver foil"),
    tube(0.15, 1.35, (0.05, 0.92, 0.50), "white paint"),
    tube(0.12, 1.10, (0.35, 0.92, 0.35), "black paint"),
    # EIT and MDI on -y
    box((0.75, 0.34, 1.05), (-0.10, -0.90, -0.15), "white paint"),
    tube(0.16, 1.30, (-0.30, -0.92, 0.60), "aluminium"),
    tube(0.11, 0.75, (0.12, -0.92, 0.65), "gold foil"),
    # on top: GOLF, VIRGO, particle detectors; SWAN at the corner
    box((0.45, 0.40, 0.35), (-0.15, 0.38, 1.38), "grey paint"),
    tube(0.11, 0.30, (-0.15, 0.38, 1.68), "black paint"),
    box((0.40, 0.35, 0.28), (0.22, -0.35, 1.35), "black foil"),
    drum(0.08, 0.20, (0.22, -0.35, 1.55), "white paint"),
    box((0.24, 0.24, 0.30), (1.15, 0.95, -0.62), "white paint"),
    drum(0.10, 0.25, (1.15, 1.10, -0.60), "black paint", ALONG_Y),
    tube(0.12, 0.35, (1.15, -0.85, -0.60), "black paint", ALONG_X),
    *moved(WING, (0, 1.42, -0.98)),
    *moved(WING, (0, -1.42, -0.98), (0, 0, 180)),
)
