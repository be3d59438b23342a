"""The judge of a pose: the SPEED score, and errors in degrees and metres.

    orientation = 2 arccos |<q, q'>|, radians      position = |r - r'| / |r|      r, q true
    SPEED score = mean over the images of orientation + position

SPEED+ counts an orientation below 0.169 degrees, and a position below 2.173 mm per metre, as 0 in lightbox and sunlamp,
since its labels of those are no better (https://kelvins.esa.int/pose-estimation-2021/scoring). Errors in degrees and
metres are plain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.contracts import Against, Judge
from pipeline.judging.means import Mean, Median, mean_of
from pipeline.tracks.pose import CATEGORIES, ROTATION_NOISE_DEG, TRANSLATION_NOISE

DISTANCES_M = (0, 4, 6, 8, 10, 20, np.inf)  # limits of the groups: SPEED+ ends at 10 m, SPEED at 40
PLAIN = ("rotation_deg", "translation_m")  # figures without thresholds


@dataclass(frozen=True)
class Rules:
    """Which of the two competitions judges.

    Args:
        thresholds: hardware: errors below those of SPEED+'s labels count 0 in its lightbox and sunlamp alone (2021);
            none: every error counts (SPEED, 2019)
    """

    thresholds: Literal["hardware", "none"] = "hardware"


def rotation_error(quaternion_n4: np.ndarray, other_n4: np.ndarray) -> np.ndarray:
    """Angles (n,) of the rotations between pairs of quaternions, radians, 0 to pi; exact near 0, where arccos is not.

    Half of it is the angle between q and the nearer of q' and -q', both made unit: twice the arc tangent of the lengths
    of their difference and sum (W. Kahan, How Futile are Mindless Assessments of Roundoff, 2006). NaN of no rotation.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        one_n4, two_n4 = (q / np.linalg.norm(q, axis=1, keepdims=True) for q in (quaternion_n4, other_n4))
    apart_n, along_n = (np.linalg.norm(each, axis=1) for each in (one_n4 - two_n4, one_n4 + two_n4))
    return 4 * np.arctan2(np.minimum(apart_n, along_n), np.maximum(apart_n, along_n))


def per_image(truth: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Errors of every image's pose, in the order of `truth`; NaN where there is no truth.

    An answer that is not finite, or whose quaternion is 0, is judged as half a turn off and as a craft at the camera.

    Args:
        truth: index rows: image_id, domain, quaternion, translation_m.
        given: one row per image: image_id, quaternion, translation_m.

    Returns:
        image_id; rotation_rad, translation_m, distance_m (the true one), hardware (bool: lightbox or sunlamp).

    Raises:
        KeyError: an image of `truth` has no answer.
    """
    given = given.set_index("image_id").loc[truth["image_id"]]
    (true_q, true_r), (q, r) = (
        (numbers(rows["quaternion"], 4), numbers(rows["translation_m"], 3)) for rows in (truth, given)
    )
    known = np.isfinite(true_q).all(1) & np.isfinite(true_r).all(1)
    rotation, translation = rotation_error(true_q, q), np.linalg.norm(true_r - r, axis=1)
    distance = np.linalg.norm(true_r, axis=1)
    lost = ~(np.isfinite(rotation) & np.isfinite(translation))
    return pd.DataFrame(
        {
            "image_id": truth["image_id"].to_numpy(),
            "rotation_rad": np.where(known, np.where(lost, np.pi, rotation), np.nan),
            "translation_m": np.where(known, np.where(lost, distance, translation), np.nan),
            "distance_m": np.where(known, distance, np.nan),
            "hardware": truth["domain"].isin(CATEGORIES).to_numpy(),
        }
    )


def numbers(cells: pd.Series, count: int) -> np.ndarray:
    """Cells that hold so many numbers each, or nothing, as float64 (n, count); NaN for nothing."""
    nothing = np.full(count, np.nan)
    return np.array([cell if np.ndim(cell) else nothing for cell in cells], np.float64).reshape(-1, count)


def means(images: pd.DataFrame, rules: Rules) -> dict[str, Mean]:
    """The means that the figures are made of: orientation, position; rotation_deg, translation_m and their medians."""
    known = images["rotation_rad"].notna().to_numpy()
    rotation, metres, distance = (
        np.where(known, images[name], 1.0) for name in ("rotation_rad", "translation_m", "distance_m")
    )
    position, lenient = metres / distance, images["hardware"].to_numpy() & (rules.thresholds == "hardware")
    degrees = np.rad2deg(rotation)
    plain = {"rotation_deg": mean_of(degrees, known), "translation_m": mean_of(metres, known)}
    return {
        "orientation": mean_of(np.where(lenient & (degrees < ROTATION_NOISE_DEG), 0, rotation), known),
        "position": mean_of(np.where(lenient & (position < TRANSLATION_NOISE), 0, position), known),
        **plain,
        **{f"median_{name}": Median(*mean) for name, mean in plain.items()},
    }


def combine(means: Mapping[str, np.ndarray], compute: Mapping[str, float], rules: Rules) -> dict[str, np.ndarray]:
    """The figures from `means`, element by element; NaN where truth is missing. Compute does not count."""
    return {"speed_score": means["orientation"] + means["position"], **means}


def distances(truth: pd.DataFrame) -> np.ndarray:
    """True distances (N,) of the craft, metres; NaN where nobody knows."""
    return np.linalg.norm(numbers(truth["translation_m"], 3), axis=1)


def by_distance(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks (N,) of the images by the craft's true distance, where there are any."""
    distance_n = distances(truth)
    groups = {_range(*pair): (distance_n >= pair[0]) & (distance_n < pair[1]) for pair in pairwise(DISTANCES_M)}
    return {name: mask_n for name, mask_n in groups.items() if mask_n.any()}


def _range(low: float, high: float) -> str:
    return f"{low:g} m and more" if high == np.inf else f"{low:g} to {high:g} m"


def by_domain(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks (N,) of the images of each domain."""
    return {name: (truth["domain"] == name).to_numpy() for name in sorted(truth["domain"].unique())}


JUDGE = Judge(
    per_image=per_image,
    means=means,
    combine=combine,
    words={
        "speed_score": "orientation + position; the lower the better",
        "orientation": "angle between true and given rotation, radians",
        "position": "distance between true and given position, as a share of the true distance",
        "rotation_deg": "the same angle in degrees, without thresholds",
        "median_rotation_deg": "its median",
        "translation_m": "the same distance in metres, without thresholds",
        "median_translation_m": "its median",
    },
    made_of={
        "speed_score": ("orientation", "position"),
        **{name: (name,) for name in ("orientation", "position", *PLAIN, *(f"median_{name}" for name in PLAIN))},
    },
    accuracy=("speed_score", *PLAIN, *(f"median_{name}" for name in PLAIN)),
    ranked="speed_score",
    headline="speed_score",
    Rules=Rules,
    against=Against("distance of the craft, metres", distances, PLAIN),
    groups={"by_domain": ("By domain", by_domain), "by_distance": ("By distance of the craft", by_distance)},
    aside=lambda figures: "compute, boxes, masks and key points do not count",
)
