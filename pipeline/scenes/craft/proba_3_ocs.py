"""Proba-3's occulter craft (ESA, 2024): a small box behind a black disc that is wider than itself.

Public dimensions (esa.int, Proba-3; sidc.be): 0.9 x 1.4 x 0.9 m, an occulting disc of 1.4 m. The rest by eye, after
public pictures. Body axes: disc -z (towards the coronagraph), cells +z (towards the sun).
"""

from pipeline.scenes.shapes import ALONG_X, box, drum, lathe, nozzle, panel, tube

SOLIDS = (
    box((0.86, 0.86, 0.62), (0, 0, 0.02), "copper"),
    # the disc, its edge curved like a torus, on a cone
    lathe(
        [(0, -0.07), (0.55, -0.07), (0.66, -0.05), (0.70, 0), (0.66, 0.05), (0.55, 0.07), (0, 0.07)],
        (0, 0, -0.46),
        "black paint",
        sides=48,
    ),
    drum(0.64, 0.02, (0, 0, -0.38), "amber foil", sides=48),
    drum(0.40, 0.10, (0, 0, -0.33), "aluminium"),
    # sunny side: one panel on the body
    box((0.90, 0.90, 0.03), (0, 0, 0.345), "white paint"),
    panel(0.82, 0.82, (0, 0, 0.385), "blue cells", back=None),
    panel(0.60, 0.42, (0, 0.45, 0.06), "blue cells", (-90, 0, 0), back=None),
    # sides: radiators, star trackers, laser and light sources, tanks
    box((0.02, 0.55, 0.40), (0.44, -0.05, 0.02), "radiator"),
    box((0.55, 0.02, 0.40), (0, -0.44, 0.02), "radiator"),
    tube(0.08, 0.30, (-0.52, 0.22, 0.12), "white paint", (0, -80, 0)),
    tube(0.08, 0.30, (-0.52, -0.10, 0.12), "white paint", (0, -80, 0)),
    box((0.10, 0.26, 0.22), (-0.46, -0.30, -0.08), "gold foil"),
    box((0.16, 0.10, 0.18), (0.25, -0.47, 0.10), "black paint"),
    *(nozzle(0.012, 0.04, 0.08, (x, y, 0.28), "titanium", (0, 0, 0)) for x in (-0.46, 0.46) for y in (-0.46, 0.46)),
    *(box((0.08, 0.08, 0.30), (x, y, 0.14), "aluminium") for x in (-0.45, 0.45) for y in (-0.45, 0.45)),
    drum(0.10, 0.08, (0.46, 0.28, -0.12), "white paint", ALONG_X),
)
