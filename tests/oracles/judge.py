"""A second judge, from the published rules alone: pixels decoded and counted with numpy, image by image."""

import numpy as np

THRESHOLDS = [0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95]


def pixels(counts: str, height: int, width: int) -> np.ndarray:
    """COCO's compressed run lengths as a boolean mask, a character at a time."""
    runs, value, shift = [], 0, 0
    for character in counts:
        code = ord(character) - 48
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            if code & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return flat.reshape(width, height).T


def ious(truth: list[dict], given: list[dict], part: str) -> list[tuple[float, int, int] | None]:
    """For each image IoU, pixels in truth, pixels of union and of both; None without truth."""
    found = []
    for true, answer in zip(truth, given, strict=True):
        if true[part] is None:
            found.append(None)
            continue
        a, b = (pixels(row[part], true["height"], true["width"]) for row in (true, answer))
        union, both = np.logical_or(a, b).sum(), np.logical_and(a, b).sum()
        found.append((both / union if union else 1.0, int(a.sum()), int(union), int(both)))
    return found


def mean(values: list) -> float:
    """NaN of nothing."""
    return float(np.mean(values)) if len(values) else np.nan


def of_both(body: float, panel: float) -> float:
    """The mean of two figures; one alone where the other is missing."""
    return mean([figure for figure in (body, panel) if not np.isnan(figure)])


def segmentation(truth: list[dict], given: list[dict], rules: dict) -> dict[str, float]:
    """s_seg, and mean IoU by image and over all pixels, of body, panel and both."""
    found = {part: ious(truth, given, f"{part}_rle") for part in ("body", "panel")}
    marks, plain, pooled = {}, {}, {}
    for part, rows in found.items():
        values = []
        for i, row in enumerate(rows):
            if row is None:
                continue
            iou, in_truth = row[:2]
            counts = in_truth > 0
            if part == "panel" and rules["panel"] == "share":
                counts = counts and in_truth >= 0.05 * found["body"][i][1]
            if in_truth == 0 and rules["empty_truth"] == "judge":
                counts = True
            if counts:
                above = [(iou > t) if rules["strict"] else (iou >= t) for t in THRESHOLDS]
                values.append(mean(above) if rules["segmentation"] == "thresholds" else iou)
        marks[part] = mean(values)
        known = [row for row in rows if row is not None]
        plain[part] = mean([row[0] for row in known if row[1] > 0])
        union = sum(row[2] for row in known)
        pooled[part] = sum(row[3] for row in known) / union if union else np.nan
    return {
        "s_seg": of_both(**marks),
        "mean_iou": of_both(**plain),
        "pooled_iou": of_both(**pooled),
        "mean_body_iou": plain["body"],
        "mean_panel_iou": plain["panel"],
    }


def box_iou(a: list[float], b: list[float]) -> float:
    """Of two boxes x_min, y_min, x_max, y_max."""
    across = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - across
    return across / union


def judged(truth: list[dict], given: list[dict], rules: dict, gmac: float, mparams: float) -> dict[str, float]:
    """All figures of both years; `rules` as the options of the same names say."""
    right = [true["class"] == answer["class"] for true, answer in zip(truth, given, strict=True)]
    known = [hit for true, hit in zip(truth, right, strict=True) if true["class"] is not None]
    boxes, overlaps = [], []
    for true, answer, hit in zip(truth, given, right, strict=True):
        if true["box"] is None:
            continue
        iou = box_iou(true["box"], answer["box"])
        overlaps.append(iou)
        above = mean([(iou > t) if rules["strict"] else (iou >= t) for t in THRESHOLDS])
        misnamed = rules["box_needs_class"] and true["class"] is not None and not hit
        boxes.append(0.0 if misnamed else above)
    found = segmentation(truth, given, rules) | {
        "s_cls": mean(known),
        "s_det": mean(boxes),
        "mean_box_iou": mean(overlaps),
    }
    spent = {"s_flops": (2 if rules["compute_unit"] == "gflop" else 1) * gmac / 100, "s_params": mparams / 30}
    found |= {name: min(max(1 - x, 0), 1) if rules["clamp"] else 1 - x for name, x in spent.items()}
    found["s_acc"] = 0.4 * found["s_seg"] + 0.4 * found["s_det"] + 0.2 * found["s_cls"]
    found["s_final"] = 0.70 * found["s_acc"] + 0.15 * found["s_flops"] + 0.15 * found["s_params"]
    return found
