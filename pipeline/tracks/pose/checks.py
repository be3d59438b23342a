"""What may be wrong with poses in a CSV; every function adds its complaints, in words."""

import math
import re

import numpy as np
import pandas as pd

from pipeline.errors import brief
from pipeline.tracks.findings import Findings
from pipeline.tracks.pose import FARTHEST_M, UNIT_WITHIN
from pipeline.tracks.pose.score import numbers, rotation_error

POSE = ("q1", "q2", "q3", "q4", "r1", "r2", "r3")
READABLE, COLUMNS_GOOD = "the file is a CSV in plain UTF-8", "lines are file name and pose; there is no header"
IMAGES_GOOD, NUMBERS_GOOD = "every image of the split once, and no other", "q1 ... r3 are finite numbers"
UNIT, AHEAD, METRES = "quaternions have length 1", "the craft is in front of the camera", "positions are in metres"
CHECKS = (READABLE, COLUMNS_GOOD, IMAGES_GOOD, NUMBERS_GOOD, UNIT, AHEAD, METRES)
NUMBER = re.compile(r"\s*[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)
FEWEST, CLEARLY = 5, 0.5  # images to judge a convention by, and of its error what another's may have at most


def parse_number(text: str) -> float | None:
    """A number as every reader takes it, also one that is not finite; None for anything else."""
    return float(text) if NUMBER.fullmatch(text) else None


def check_images(said: dict[int, str], wanted: list[str], complaints: list[str]) -> None:
    """Every image of the split once, and no other. `said`: names by line of the CSV."""
    known, bare, lower = set(wanted), {}, {}
    for name in wanted:
        bare.setdefault(name.rpartition("/")[2], name)
        lower.setdefault(name.lower(), name)

    def meant(name: str) -> tuple[str | None, str]:
        """The image that is meant by a name that is none, and why it is none."""
        own = re.split(r"[/\\]", name)[-1]
        if near := lower.get(name.lower()):
            return near, f"expected {near!r}: capitals matter"
        if own != name and (near := bare.get(own) or lower.get(own.lower())):
            return near, f"expected {near!r}, no path"
        return None, "not of this split"

    if said and wanted and known.isdisjoint(said.values()):
        name = next(iter(said.values()))
        complaints.append(
            f"none of its images is of this split: {brief(name)}: {meant(name)[1]} ({wanted[0]!r} ... are)"
        )
        return
    seen: dict[str, int] = {}
    for line, name in said.items():
        image, why = (name, "") if name in known else meant(name)
        if name in seen:
            complaints.append(f"line {line}: image {brief(name)} twice, first in line {seen[name]}")
        elif why:
            complaints.append(f"line {line}: image {brief(name)}: {why}")
        seen.setdefault(name, line)
        if image:
            seen.setdefault(image, line)
    complaints += [f"image {name!r} is missing" for name in wanted if name not in seen]


def check_poses(poses: dict[int, list[float]], findings: Findings) -> None:
    """Numbers are finite, quaternions unit, positions ahead of the camera and in metres. `poses`: q and r by line."""
    findings.begin(UNIT, AHEAD, METRES)
    finite = {line: pose for line, pose in poses.items() if all(map(math.isfinite, pose))}
    for line, pose in poses.items():
        if line not in finite:
            odd = [f"{name} {value}" for name, value in zip(POSE, pose, strict=True) if not math.isfinite(value)]
            findings[NUMBERS_GOOD].append(f"line {line}: {', '.join(odd)}, expected finite numbers")
    for line, pose in finite.items():
        length = math.hypot(*pose[:4])
        if abs(length - 1) > UNIT_WITHIN:
            findings[UNIT].append(f"line {line}: length {length:.6g}, expected 1 (within {UNIT_WITHIN:g})")
        if pose[6] <= 0:
            findings[AHEAD].append(f"line {line}: r3 is {pose[6]:g} m, behind the camera; expected above 0")
    distance = np.median([math.hypot(*pose[4:]) for pose in finite.values()]) if finite else 0.0
    if distance > FARTHEST_M:
        findings[METRES].append(f"the median distance is {distance:g} m, expected at most {FARTHEST_M:g}: millimetres?")


def odd_poses(rows: pd.DataFrame, truth: pd.DataFrame) -> list[str]:
    """A note where rotations would fit what is known far better in another convention: valid by the letter.

    A convention is named where its median error is below half of the other's, and 5 images are known at least: of
    rotations by chance all conventions have the same.
    """
    if not {"quaternion", "translation_m"} <= set(truth):
        return []
    true_q = numbers(truth.set_index("image_id").loc[rows["image_id"], "quaternion"], 4)
    known = np.isfinite(true_q).all(1)
    if known.sum() < FEWEST:
        return []
    q = numbers(rows["quaternion"], 4)[known]
    last = np.roll(q, 1, axis=1)
    meanings = {
        "the scalar last": last,
        "camera to body": q * [1, -1, -1, -1],
        "the scalar last and camera to body": last * [1, -1, -1, -1],
    }

    def median(q_n4: np.ndarray) -> float:
        return float(np.rad2deg(np.median(rotation_error(true_q[known], q_n4))))

    plain, other = median(q), {words: median(meant) for words, meant in meanings.items()}
    words = min(other, key=other.get)
    if other[words] >= CLEARLY * plain:
        return []
    return [f"rotations are {plain:.1f} degrees off (median), and {other[words]:.1f} if they are meant with {words}"]
