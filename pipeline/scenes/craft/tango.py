"""Tango (SSC and OHB Sweden, 2010): the target of PRISMA, and of the SPEED and SPEED+ sets; a flat box under its one
solar panel.

Public dimensions: a body of 0.57 x 0.74 x 0.295 m (D'Amico et al. on PRISMA's formation flying; 40 kg), and the eleven
key points of SPNv2 (https://github.com/tpark94/spnv2), which everything here is built around: panel corners, bottom
corners of the body, antenna tips. Foils, boxes, sensors and the adapter ring by eye, after what is written of public
pictures. Body axes are those of SPEED's poses: the origin in the plane of the bottom, panel +z, antennas in its plane.
"""

from dataclasses import replace

import numpy as np

from pipeline.poses.key_points import TANGO
from pipeline.scenes.shapes import ALONG_X, ALONG_Y, Solid, Vector, box, drum, lathe, rod, tube

KEY_POINTS = tuple(map(tuple, TANGO.tolist()))
TIPS = KEY_POINTS[8:]  # of the antennas
RING = [(0.15, -0.03), (0.17, -0.03), (0.17, 0.01), (0.15, 0.01), (0.15, -0.03)]
ROOTS = ((-0.36, 0.294, 0.25), (0.36, 0.294, 0.255), (0.305, -0.26, 0.25))


def _panel(size: Vector, at: Vector, front: str, back: str) -> Solid:
    return replace(box(size, at, front), panel=True, back=back)


def _antenna(root: Vector, tip: Vector, radius: float = 0.008) -> Solid:
    """A rod that ends in a point, so that nothing of it hides its tip from most sides."""
    half = float(np.linalg.norm(np.subtract(tip, root))) / 2
    profile = [(0, -half), (radius, -half), (radius, half - radius), (0, half)]
    return replace(rod(root, tip, radius, "white paint"), numbers=np.array(profile))


SOLIDS = (
    # the panel: a frame whose upper corners are the key points, cells a millimetre below its edge
    *(_panel((0.012, 0.77, 0.02), (x, 0, 0.3115), "aluminium", "carbon") for x in (-0.364, 0.364)),
    *(_panel((0.716, 0.012, 0.02), (0, y, 0.3115), "aluminium", "carbon") for y in (-0.379, 0.379)),
    _panel((0.716, 0.746, 0.018), (0, 0, 0.3115), "dark cells", "carbon"),
    _panel((0.05, 0.07, 0.0005), (0.315, 0.315, 0.3207), "white paint", "carbon"),
    *(box((0.05, 0.05, 0.0075), (x, y, 0.2985), "titanium") for x in (-0.3, 0.3) for y in (-0.2, 0.24)),
    # the body, in foil of two kinds; a dark edge along its top, a plate below
    box((0.74, 0.568, 0.27), (0, 0.02, 0.135), "silver foil"),
    box((0.74, 0.568, 0.025), (0, 0.02, 0.2825), "black foil"),
    box((0.68, 0.508, 0.002), (0, 0.02, 0), "gold foil"),
    # +x: radiator and a lid; -x: a gold blanket with a dark box
    box((0.006, 0.24, 0.17), (0.37, -0.08, 0.14), "radiator"),
    box((0.012, 0.12, 0.10), (0.37, 0.18, 0.12), "black paint"),
    box((0.006, 0.50, 0.20), (-0.37, 0.02, 0.135), "gold foil"),
    box((0.03, 0.16, 0.12), (-0.375, -0.08, 0.13), "black paint"),
    drum(0.045, 0.02, (-0.375, 0.16, 0.14), "white paint", ALONG_X),
    # +y: two star cameras, a dark blanket; -y: patch antenna, plugs, a gold blanket
    box((0.30, 0.006, 0.20), (-0.18, 0.304, 0.135), "black foil"),
    tube(0.05, 0.07, (0.12, 0.325, 0.15), "aluminium", ALONG_Y, wall=0.008),
    tube(0.05, 0.07, (0.25, 0.325, 0.15), "aluminium", ALONG_Y, wall=0.008),
    drum(0.05, 0.02, (-0.18, 0.309, 0.14), "white paint", ALONG_Y),
    box((0.34, 0.006, 0.20), (-0.14, -0.264, 0.135), "gold foil"),
    box((0.10, 0.02, 0.10), (-0.22, -0.27, 0.14), "white paint"),
    box((0.14, 0.02, 0.05), (0.13, -0.27, 0.09), "grey paint"),
    *(drum(0.018, 0.03, (x, -0.275, 0.18), "aluminium", ALONG_Y) for x in (0.08, 0.13, 0.18)),
    # bottom: the ring that held it on Mango, its plug, a patch antenna
    lathe(RING, (0.02, 0.02, 0), "aluminium"),
    drum(0.045, 0.012, (0.02, 0.02, -0.006), "titanium"),
    drum(0.05, 0.016, (-0.27, 0.18, -0.007), "white paint"),
    box((0.10, 0.08, 0.016), (0.27, -0.15, -0.007), "black paint"),
    *(_antenna(root, tip) for root, tip in zip(ROOTS, TIPS, strict=True)),
    *(box((0.05, 0.05, 0.035), root, "aluminium") for root in ROOTS[:2]),
    drum(0.022, 0.05, (0.305, -0.275, 0.25), "aluminium", ALONG_Y),
)
