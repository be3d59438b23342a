"""The worlds that images are drawn from, as data: what varies, and how far."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.poses.camera import SPEED_PLUS

Range = tuple[float, float]


@dataclass(frozen=True)
class Domain:
    """Distributions of a data set. Pixels are those of a 1024-pixel image; ranges are uniform unless said.

    Attributes:
        fov_deg: field of view of the camera, degrees
        longest: longest side of the craft's projected box, image sides, log-uniform
        cut: share of images whose craft the image edge cuts
        cut_by: how much of the box's side is then outside
        phase_deg: angle between the sun and the way back along the optical axis, degrees
        backgrounds: shares of earth, moon, sun, stars and black; they sum to 1
        exposure: linear brightness of a perfectly white face towards the sun: median, and deviation of its logarithm
        dim: share of images that are nearly dark
        dim_exposure: factor on the exposure of those, log-uniform
        ambient: light that reaches shadows where no Earth stands behind, share of the sun's, log-uniform
        veil: display value 0-1 of the stray light that covers everything: mean and deviation
        read_noise: deviation of the sensor's noise, linear, log-uniform
        electrons: full well of a pixel, which makes the shot noise, log-uniform
        focus_px: deviation of the lens's blur
        motion: share of images blurred by motion
        motion_px: length of that blur
        bloom: share of a saturated highlight's excess that spreads around it
        stars: stars in the image, log-uniform
        range_m: distance of the craft's origin, metres, log-uniform, in place of `longest`: then each image has the
            first attitude drawn, so that they are uniform; None: the size is what is drawn
        grey: the sensor has one channel
    """

    fov_deg: Range
    longest: Range
    cut: float
    cut_by: Range
    phase_deg: Range
    backgrounds: dict[str, float]
    exposure: Range
    dim: float
    dim_exposure: Range
    ambient: Range
    veil: Range
    read_noise: Range
    electrons: Range
    focus_px: Range
    motion: float
    motion_px: Range
    bloom: Range
    stars: Range
    range_m: Range | None = None
    grey: bool = False


# Calibrated to the published statistics of SPARK 2026 (pipeline/scenes/statistics.py)
DEFAULT = Domain(
    fov_deg=(43.6, 43.6),
    longest=(0.085, 0.81),
    cut=0.12,
    cut_by=(0.15, 0.6),
    phase_deg=(15, 120),
    backgrounds={"earth": 0.50, "moon": 0.06, "sun": 0.06, "stars": 0.28, "black": 0.10},
    exposure=(1.1, 0.4),
    dim=0.12,
    dim_exposure=(0.06, 0.40),
    ambient=(0.01, 0.1),
    veil=(0.16, 0.04),
    read_noise=(0.0006, 0.006),
    electrons=(8e3, 5e4),
    focus_px=(0.3, 1.0),
    motion=0.2,
    motion_px=(2, 9),
    bloom=(0.02, 0.12),
    stars=(200, 6000),
)

# Another camera, another orbit: harder shadows, stronger noise, other backgrounds and exposures. Measures only.
SHIFTED = replace(
    DEFAULT,
    fov_deg=(25, 65),
    longest=(0.12, 1.15),
    cut=0.25,
    phase_deg=(40, 150),
    backgrounds={"earth": 0.15, "moon": 0.15, "sun": 0.10, "stars": 0.45, "black": 0.15},
    exposure=(0.7, 0.8),
    dim=0.45,
    dim_exposure=(0.05, 0.25),
    ambient=(0.003, 0.03),
    veil=(0.15, 0.03),
    read_noise=(0.002, 0.008),
    electrons=(2e3, 1e4),
    focus_px=(0.4, 2.0),
    motion=0.4,
    motion_px=(3, 18),
    bloom=(0.05, 0.3),
    stars=(50, 12000),
)

DOMAINS = {"default": DEFAULT, "shifted": SHIFTED}

# Of SPEED+: the camera across the image, from its focal length in pixels; its ranges, its share of Earth, no colour. A
# craft that cannot be seen has no pose to be told: fewer are dim, and less so.
_SPEED_PLUS = {
    "fov_deg": (float(np.degrees(2 * np.arctan(SPEED_PLUS.width / 2 / SPEED_PLUS.fx))),) * 2,
    "range_m": (3, 10),
    "cut": 0.1,
    "cut_by": (0.05, 0.35),
    "dim_exposure": (0.15, 0.5),
    "grey": True,
}
POSE_DOMAINS = {
    "default": replace(
        DEFAULT,
        backgrounds={"earth": 0.50, "moon": 0.03, "sun": 0.03, "stars": 0.20, "black": 0.24},
        dim=0.06,
        ambient=(0.02, 0.15),
        veil=(0.07, 0.03),
        **_SPEED_PLUS,
    ),
    "shifted": replace(
        SHIFTED,
        phase_deg=(30, 135),
        backgrounds={"earth": 0.20, "moon": 0.05, "sun": 0.05, "stars": 0.20, "black": 0.50},
        exposure=(1.0, 0.6),
        dim=0.2,
        ambient=(0.01, 0.06),
        **_SPEED_PLUS,
    ),
}
