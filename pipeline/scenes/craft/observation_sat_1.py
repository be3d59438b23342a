"""ObservationSat1: a large Earth-observation satellite with a long radar antenna and one lone wing.

No public specification of a craft of that name was found. This is a generic craft of its kind: a body of 3.8 x 1.2 x
1.2 m, a flat nadir antenna of 4.6 x 0.9 m, a single wing of three panels. All of it by eye, after public pictures of
radar and optical satellites. Body axes: flight and length x, wing +y, zenith +z, antenna and telescope -z.
"""

from pipeline.scenes.shapes import ALONG_X, ALONG_Y, box, dish, drum, lathe, moved, nozzle, rod, tube, wing

WING = wing(yoke=0.8, width=1.7, height=1.25, count=3, cells="blue cells", back="white paint", frame="aluminium")
RING = [(0.42, -0.07), (0.50, -0.07), (0.50, 0.07), (0.42, 0.07), (0.42, -0.07)]

SOLIDS = (
    # body: silver payload end, gold service end
    box((2.5, 1.2, 1.2), (0.65, 0, 0), "silver foil"),
    box((1.3, 1.24, 1.24), (-1.25, 0, 0), "gold foil"),
    box((0.05, 1.28, 1.28), (-0.58, 0, 0), "aluminium"),
    box((1.5, 0.03, 0.8), (0.75, -0.61, 0.05), "radiator"),
    box((0.8, 0.03, 0.8), (-1.25, -0.635, 0), "white paint"),
    box((1.2, 0.03, 0.7), (0.9, 0.61, 0.05), "white paint"),
    # launch adapter and engines at the rear
    lathe(RING, (-1.95, 0, 0), "aluminium", ALONG_X),
    nozzle(0.05, 0.16, 0.30, (-2.0, 0, 0), "titanium", (0, -90, 0)),
    *(nozzle(0.02, 0.05, 0.12, (-1.92, y, z), "titanium", (0, -90, 0)) for y in (-0.5, 0.5) for z in (-0.5, 0.5)),
    # radar antenna: five tiles on a frame, held off the body by struts, tilted to one side
    *moved(
        (
            *(box((0.90, 0.90, 0.06), (x, 0, 0), "green paint") for x in (-1.84, -0.92, 0.0, 0.92, 1.84)),
            box((4.5, 0.10, 0.08), (0, 0.25, 0.06), "carbon"),
            box((4.5, 0.10, 0.08), (0, -0.25, 0.06), "carbon"),
        ),
        (0.5, -0.20, -1.05),
        (-28, 0, 0),
    ),
    *(rod((x, 0.30, -0.58), (x, 0.02, -1.12), 0.03, "carbon") for x in (-0.6, 0.5, 1.6)),
    *(rod((x, -0.45, -0.58), (x, -0.45, -0.92), 0.03, "carbon") for x in (-0.6, 0.5, 1.6)),
    # telescope with its baffle at the front, star trackers, down-link and relay dishes, S-band antennas
    drum(0.50, 0.20, (1.95, 0, 0.05), "gold foil", ALONG_X),
    tube(0.42, 0.75, (2.35, 0, 0.05), "black paint", ALONG_X),
    drum(0.30, 0.05, (2.10, 0, 0.05), "glass", ALONG_X),
    tube(0.12, 0.45, (0.9, -0.35, 0.72), "black paint", (35, 0, 0)),
    tube(0.12, 0.45, (0.5, -0.35, 0.72), "black paint", (35, 25, 0)),
    rod((-0.2, 0.2, 0.55), (-0.2, 0.2, 1.0), 0.05, "aluminium"),
    dish(0.95, 0.18, (-0.2, 0.2, 1.0), "white paint", (0, -30, 0), back="gold foil"),
    rod((-0.2, 0.2, 1.0), (-0.39, 0.2, 1.33), 0.02, "aluminium"),
    box((0.55, 0.6, 0.25), (1.35, 0.15, 0.70), "black foil"),
    drum(0.16, 0.22, (1.35, 0.15, 0.90), "white paint"),
    rod((-1.6, -0.4, 0.6), (-1.6, -0.4, 1.1), 0.02, "white paint"),
    rod((-1.6, -0.4, -0.6), (-1.6, -0.4, -1.1), 0.02, "white paint"),
    dish(0.45, 0.09, (-1.45, 0.15, -0.72), "white paint", (180, 0, 0)),
    drum(0.06, 0.20, (-1.45, 0.15, -0.66), "aluminium"),
    # the wing
    drum(0.14, 0.30, (-1.25, 0.72, 0.15), "aluminium", ALONG_Y),
    *moved(WING, (-1.25, 0.84, 0.15), (0, 25, 0)),
)
