"""What a camera.json of SPEED or SPEED+ says, with everything that is wrong in it."""

from pathlib import Path

from pipeline.errors import UserError, brief, nearest, offenders

SIZES = ("Nu", "Nv")  # columns and rows
LENS = ("fx", "fy", "ppx", "ppy", "ccx", "ccy")  # metres, metres a pixel, pixels
KNOWN = [*SIZES, *LENS, "cameraMatrix", "distCoeffs"]


def intrinsics(content: dict, path: Path) -> dict[str, object]:
    """What `Camera` is made of: fx, fy, cx, cy, width, height, distortion.

    Raises:
        UserError: something is missing or makes no sense; all of it is listed.
    """
    matrix = content.get("cameraMatrix")
    wanted = [*SIZES, *(() if matrix is not None else LENS)]
    wrong = [_missing(key, content) for key in wanted if key not in content]
    wrong += [
        f"{key} must be a {'whole ' * (key in SIZES)}number above 0, found {brief(content[key])}"
        for key in wanted
        if key in content and not _positive(content[key], whole=key in SIZES)
    ]
    if matrix is not None and not _is_camera_matrix(matrix):
        wrong.append(f"cameraMatrix must be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels, found {brief(matrix)}")
    distortion = content.get("distCoeffs")
    if distortion is None:
        wrong.append(_missing("distCoeffs", content))
    elif not _is_distortion(distortion):
        wrong.append(f"distCoeffs must be the numbers k1, k2, p1, p2 and k3, found {brief(distortion)}")
    if wrong:
        raise UserError(
            f"{path} does not describe a camera:\n{offenders(wrong)}\nCopy it from the data set as published."
        )
    if matrix is not None:
        (fx, _, cx), (_, fy, cy), _ = matrix
    else:
        fx, fy, cx, cy = (content[key] for key in ("fx", "fy", "ccx", "ccy"))
        fx, fy = fx / content["ppx"], fy / content["ppy"]
    flat = [float(value) for value in _flat(distortion)]
    return {
        "fx": float(fx),
        "fy": float(fy),
        "cx": float(cx),
        "cy": float(cy),
        "width": int(content["Nu"]),
        "height": int(content["Nv"]),
        "distortion": tuple([*flat, 0.0][:5]),
    }


def _missing(key: str, content: dict) -> str:
    return f"{key} is missing.{nearest(key, [name for name in content if name not in KNOWN])}"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _positive(value: object, whole: bool) -> bool:
    return _number(value) and value > 0 and (not whole or value == int(value))


def _is_camera_matrix(matrix: object) -> bool:
    rows = matrix if isinstance(matrix, list) else []
    if len(rows) != 3 or not all(isinstance(row, list) and len(row) == 3 and all(map(_number, row)) for row in rows):
        return False
    (fx, skew, _), (zero, fy, _), last = rows
    return fx > 0 and fy > 0 and skew == zero == 0 and last == [0, 0, 1]


def _is_distortion(value: object) -> bool:
    """Four or five numbers; more where those beyond, of richer models, are 0."""
    flat = _flat(value)
    return isinstance(flat, list) and len(flat) >= 4 and all(map(_number, flat)) and not any(flat[5:])


def _flat(value: object) -> object:
    """The one row of [[...]], which is how OpenCV writes a row."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
