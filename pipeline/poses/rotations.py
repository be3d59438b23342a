"""Rotations as networks and losses need them: quaternions, 6-D vectors, matrices and the angle between two.

Quaternions are scalar first (w, x, y, z), Hamilton, from body to camera: p_camera = R(q) p_body + r. Everything works
on any leading dimensions and is computed in float32 at least, whatever autocast does: a matrix in bfloat16 is up to 0.1
degrees off.
"""

import torch


def matrix_of(quaternion_b4: torch.Tensor) -> torch.Tensor:
    """Rotation matrices (b, 3, 3) of quaternions (b, 4), which need not be of unit length."""
    unit_b4 = _unit(_wide(quaternion_b4), _axis(quaternion_b4, 0))
    w, x, y, z = unit_b4.unbind(-1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def matrix_of_6d(six_b6: torch.Tensor) -> torch.Tensor:
    """Rotation matrices (b, 3, 3) whose first two columns are the six numbers after Gram-Schmidt.

    Source: Zhou et al., On the Continuity of Rotation Representations in Neural Networks, https://arxiv.org/abs/1812.07035,
    appendix B. Vectors of no length, or both along one line, give a rotation too, though any of many.
    """
    first, second = _wide(six_b6).split(3, dim=-1)
    first = _unit(first, _axis(first, 0))
    aside = torch.linalg.cross(first, torch.where(first[..., :1].abs() < 0.5, _axis(first, 0), _axis(first, 1)))
    aside = _unit(aside, first)
    second = _unit(second, aside)
    for _ in range(2):  # once leaves nearly parallel vectors oblique by rounding
        second = _unit(second - (first * second).sum(-1, keepdim=True) * first, aside)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def quaternion_of(matrix_b33: torch.Tensor) -> torch.Tensor:
    """Unit quaternions (b, 4) with w >= 0 of rotation matrices (b, 3, 3).

    Of the four ways to divide, that by the largest component: Shepperd, Quaternion from Rotation Matrix, Journal of
    Guidance and Control 1 (3), 1978.
    """
    m = _wide(matrix_b33)
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = ([m[..., i, j] for j in range(3)] for i in range(3))
    ways = (
        (1 + xx + yy + zz, zy - yz, xz - zx, yx - xy),
        (zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx),
        (xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy),
        (yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz),
    )
    ways_b44 = torch.stack([torch.stack(way, -1) for way in ways], -2)
    largest = ways_b44.diagonal(dim1=-2, dim2=-1).argmax(-1)
    chosen_b4 = ways_b44.take_along_dim(largest[..., None, None], -2).squeeze(-2)
    unit_b4 = _unit(chosen_b4, _axis(chosen_b4, 0))
    return torch.where(unit_b4[..., :1] < 0, -unit_b4, unit_b4)


def turned_to(direction_b2: torch.Tensor) -> torch.Tensor:
    """Rotations (b, 3, 3) that turn the axis z, by the shortest way, to the directions (x, y, 1) of x and y (b, 2).

    By Rodrigues' formula (https://mathworld.wolfram.com/RodriguesRotationFormula.html).
    """
    x, y = _wide(direction_b2).unbind(-1)
    length = (1 + x * x + y * y).sqrt()
    x, y, z = x / length, y / length, 1 / length
    rest = 1 / (1 + z)
    rows = (
        (1 - rest * x * x, -rest * x * y, x),
        (-rest * x * y, 1 - rest * y * y, y),
        (-x, -y, z),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def angle_between(one_b33: torch.Tensor, other_b33: torch.Tensor) -> torch.Tensor:
    """Angles (b,) in radians, 0 to pi, of the rotations that lead from one matrix to the other.

    From sine and cosine, so that it is exact near 0 and pi and its gradient stays finite there; arccos of the trace has
    neither.
    """
    between = (_wide(one_b33).unsqueeze(-2) * _wide(other_b33).unsqueeze(-3)).sum(-1)  # autocast leaves this alone
    axis = torch.stack([between[..., i, j] - between[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0))], -1)
    cosine = (between.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    return torch.atan2(torch.linalg.vector_norm(axis, dim=-1) / 2, cosine)


def _wide(values: torch.Tensor) -> torch.Tensor:
    return values if values.dtype == torch.float64 else values.float()


def _axis(like: torch.Tensor, which: int) -> torch.Tensor:
    axis = torch.zeros_like(_wide(like))
    axis[..., which] = 1
    return axis


def _unit(vector: torch.Tensor, otherwise: torch.Tensor) -> torch.Tensor:
    """The vector of length 1 along another; `otherwise` where that has no length to speak of."""
    length = torch.linalg.vector_norm(vector, dim=-1, keepdim=True)
    long = length > 1e-6
    return torch.where(long, vector / torch.where(long, length, 1), otherwise)
