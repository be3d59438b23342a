"""XMM-Newton (ESA, 1999): a long black telescope tube between a wide mirror end with wings and a camera end.

Public dimensions (esa.int, XMM-Newton, fact sheet; eoPortal, XMM-Newton): 10 m long (here from camera covers
to mirror baffles; the sun shield stands beyond), 16.16 m across with its wings out; tube 6.8 m long; two wings of three
panels of 1.81 x 1.94 m; three mirror modules of 0.7 m; service module about 3.5 m across. The rest by eye, after public
pictures. Body axes: view of the mirrors +z, Sun +x, wings along y, cameras -z.
"""

from dataclasses import replace

from pipeline.scenes.shapes import ALONG_X, ALONG_Y, box, dish, drum, lathe, moved, nozzle, prism, rod, tube, wing

WING = moved(wing(0.72, 1.94, 1.81, 3, "navy cells", back="carbon", gap=0.06), turn=(0, 90, 0))
HULL = [(1.70, -0.75), (1.70, 0.75), (0.75, 1.70), (-0.75, 1.70), (-1.35, 1.0), (-1.35, -1.0), (-0.75, -1.70)]
HULL += [(0.75, -1.70)]
LEAN = 17
FRONT = [(-0.70, 0), (0.70, 0), (0.92, 1.9), (-0.92, 1.9)]
CHEEK = [(-0.70, 0), (0.70, 0), (0.78, 0.8), (-0.92, 1.9)]
MIRRORS = ((-0.55, 0.0), (0.42, 0.62), (0.42, -0.62))

SOLIDS = (
    # telescope tube of two lengths, with flange rings
    drum(1.02, 3.4, (0, 0, 0.75), "black foil"),
    drum(0.92, 3.4, (0, 0, -2.60), "black foil"),
    drum(1.10, 0.10, (0, 0, 2.40), "aluminium"),
    drum(1.07, 0.12, (0, 0, -0.92), "titanium"),
    rod((1.03, 0.3, 2.4), (0.93, 0.3, -4.2), 0.03, "grey paint"),
    # service module: eight-sided, foil-covered, radiators on the shaded sides
    prism(HULL, 1.10, (0, 0, 2.95), "gold foil"),
    prism([(1.03 * x, 1.03 * y) for x, y in HULL], 0.08, (0, 0, 3.52), "black foil"),
    prism([(1.03 * x, 1.03 * y) for x, y in HULL], 0.08, (0, 0, 2.40), "black foil"),
    box((1.05, 0.03, 0.75), (0, 1.715, 2.95), "radiator"),
    box((1.05, 0.03, 0.75), (0, -1.715, 2.95), "radiator"),
    box((0.03, 1.2, 0.75), (-1.36, 0, 2.95), "radiator"),
    box((0.03, 1.0, 0.7), (1.71, 0, 2.95), "silver foil"),
    drum(0.12, 0.24, (0.5, 1.72, 2.95), "aluminium", ALONG_Y),
    drum(0.12, 0.24, (0.5, -1.72, 2.95), "aluminium", ALONG_Y),
    # mirror end: adapter ring, three baffles with dark mouths and bright mirror shells inside
    lathe([(1.20, -0.12), (1.30, -0.12), (1.30, 0.12), (1.20, 0.12), (1.20, -0.12)], (0, 0, 3.62), "aluminium"),
    drum(1.20, 0.10, (0, 0, 3.58), "black foil"),
    *(tube(0.44, 0.55, (x, y, 3.88), "gold foil", wall=0.05) for x, y in MIRRORS),
    *(drum(0.36, 0.06, (x, y, 3.70), "titanium") for x, y in MIRRORS),
    *(drum(0.12, 0.10, (x, y, 3.72), "aluminium") for x, y in MIRRORS),
    # the sun shield on the Sun's side: three leaves of a funnel, silver outside and black inside
    *(
        replace(prism(leaf, 0.03, at, "silver foil", (90 + LEAN, 0, 90 + aside)), back="black foil")
        for leaf, at, aside in (
            (FRONT, (1.64, 0, 3.5), 0),
            (CHEEK, (1.16, 1.16, 3.5), 45),
            ([(-x, y) for x, y in CHEEK[::-1]], (1.16, -1.16, 3.5), -45),
        )
    ),
    rod((1.1, 0.5, 3.6), (2.0, 0.5, 4.75), 0.03, "aluminium"),
    rod((1.1, -0.5, 3.6), (2.0, -0.5, 4.75), 0.03, "aluminium"),
    # thrusters, star trackers, antennas on booms
    *(nozzle(0.03, 0.08, 0.18, (-1.1, y, 2.30), "titanium", (180, 0, 0)) for y in (-0.9, 0.9)),
    tube(0.14, 0.45, (-1.0, 1.05, 3.70), "black paint", (-15, -20, 0)),
    tube(0.14, 0.45, (-1.0, -1.05, 3.70), "black paint", (15, -20, 0)),
    rod((-1.2, 0.8, 3.4), (-2.5, 1.3, 3.9), 0.025, "aluminium"),
    drum(0.08, 0.22, (-2.5, 1.3, 3.9), "white paint", ALONG_X),
    rod((0.6, -0.6, -5.0), (1.9, -1.4, -5.6), 0.025, "aluminium"),
    drum(0.08, 0.22, (1.9, -1.4, -5.6), "white paint", ALONG_X),
    # focal-plane assembly: platform, camera hoods, flared cold radiators, Sun-side screen
    drum(1.05, 0.12, (0, 0, -4.25), "aluminium"),
    drum(1.15, 0.95, (0, 0, -4.75), "gold foil", sides=8),
    drum(1.18, 0.06, (0, 0, -5.24), "black foil", sides=8),
    *(nozzle(0.16, 0.42, 0.50, (x, y, -5.46), "white paint", (180, 0, 0)) for x, y in MIRRORS),
    box((0.10, 0.9, 0.7), (1.12, 0, -4.75), "white paint"),
    box((0.45, 0.35, 0.5), (-1.15, 0.45, -4.75), "black foil"),
    dish(0.40, 0.08, (-1.40, 0.45, -4.75), "white paint", (0, -90, 0)),
    *moved(WING, (0.5, 1.84, 2.95)),
    *moved(WING, (0.5, -1.84, 2.95), (180, 0, 0)),
)
