"""The shapes that spacecraft are built of, as data: boxes, turned profiles, prisms; metres, body axes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import trimesh

Vector = tuple[float, float, float]
Outline = Sequence[tuple[float, float]]
ZERO: Vector = (0.0, 0.0, 0.0)
ALONG_X, ALONG_Y = (0.0, 90.0, 0.0), (-90.0, 0.0, 0.0)  # turns that lead a shape's own +z to +x, to +y


@dataclass(frozen=True, eq=False)
class Solid:
    """One closed solid of a craft.

    Attributes:
        kind: box; lathe (a profile turned about z); prism (a convex outline drawn out along z)
        numbers: box: its sides (x, y, z); lathe: (radius, z) points, from the axis round to the axis or closed;
            prism: (x, y) points, counter-clockwise, the last row (height, 0)
        place: (4, 4) from its own axes to body axes
        material: a key of MATERIALS
        sides: of a lathe: 6 hexagon, 8 octagon, 32 round
        panel: True for solar panel, False for body
        back: the material of the faces that look along its own -z, where it differs
    """

    kind: Literal["box", "lathe", "prism"]
    numbers: np.ndarray
    place: np.ndarray
    material: str
    sides: int = 32
    panel: bool = False
    back: str | None = None

    def mesh(self) -> trimesh.Trimesh:
        """Its triangles in body axes, normals outwards."""
        if self.kind == "box":
            mesh = trimesh.creation.box(self.numbers)
        elif self.kind == "lathe":
            mesh = trimesh.creation.revolve(self.numbers, sections=self.sides)
        else:
            mesh = _drawn_out(self.numbers[:-1], self.numbers[-1, 0])
        if mesh.volume < 0:
            mesh = trimesh.Trimesh(mesh.vertices, mesh.faces[:, ::-1])
        mesh.apply_transform(self.place)
        return mesh


def _drawn_out(outline: np.ndarray, height: float) -> trimesh.Trimesh:
    count = len(outline)
    low, high = (np.column_stack([outline, np.full(count, z)]) for z in (-height / 2, height / 2))
    fan = np.array([(0, i, i + 1) for i in range(1, count - 1)])
    here = np.arange(count)
    there = (here + 1) % count
    walls = np.concatenate(
        [np.column_stack([here, there, there + count]), np.column_stack([here, there + count, here + count])]
    )
    return trimesh.Trimesh(np.concatenate([low, high]), np.concatenate([fan[:, ::-1], fan + count, walls]))


def _placed(at: Vector, turn: Vector) -> np.ndarray:
    place = trimesh.transformations.euler_matrix(*np.radians(turn), axes="sxyz")
    place[:3, 3] = at
    return place


def box(size: Vector, at: Vector, material: str, turn: Vector = ZERO) -> Solid:
    """A box with its centre at `at`, turned by degrees about x, then y, then z."""
    return Solid("box", np.array(size), _placed(at, turn), material)


def panel(
    width: float, height: float, at: Vector, cells: str, turn: Vector = ZERO, back: str | None = "carbon"
) -> Solid:
    """A solar panel of 25 mm in its own x-y plane: cells on its +z side, `back` behind (None: cells there too)."""
    return Solid("box", np.array((width, height, 0.025)), _placed(at, turn), cells, panel=True, back=back)


def lathe(profile: Outline, at: Vector, material: str, turn: Vector = ZERO, sides: int = 32) -> Solid:
    """A profile of (radius, z) points turned about its own z axis."""
    return Solid("lathe", np.array(profile, float), _placed(at, turn), material, sides)


def drum(radius: float, height: float, at: Vector, material: str, turn: Vector = ZERO, sides: int = 32) -> Solid:
    """A closed cylinder; with few `sides` a prism (radius to its corners)."""
    low, high = -height / 2, height / 2
    return lathe([(0, low), (radius, low), (radius, high), (0, high)], at, material, turn, sides)


def tube(
    radius: float, height: float, at: Vector, material: str, turn: Vector = ZERO, sides: int = 32, wall: float = 0.02
) -> Solid:
    """A pot: a cylinder that is open at +z, as baffles and telescope tubes are."""
    low, high, inner = -height / 2, height / 2, radius - wall
    return lathe(
        [(0, low), (radius, low), (radius, high), (inner, high), (inner, low + wall), (0, low + wall)],
        at,
        material,
        turn,
        sides,
    )


def nozzle(throat: float, mouth: float, height: float, at: Vector, material: str, turn: Vector = ZERO) -> Solid:
    """A hollow bell that widens towards +z: an engine's nozzle, a horn, an adapter cone."""
    low, wall = -height / 2, 0.06 * mouth
    outer = [(throat + (mouth - throat) * share**0.6, low + height * share) for share in (0, 0.25, 0.6, 1)]
    inner = [(radius - wall, z) for radius, z in outer[::-1]]
    inner[-1] = (max(throat - wall, 0.001), low + wall)
    return lathe([(0, low), *outer, *inner, (0, low + wall)], at, material, turn)


def dish(
    diameter: float, depth: float, at: Vector, material: str, turn: Vector = ZERO, back: str | None = None
) -> Solid:
    """A parabolic dish that opens towards +z, its vertex at `at`."""
    steps = np.linspace(0, 1, 7)
    front = [(diameter / 2 * s, depth * s * s) for s in steps]
    rear = [(diameter / 2 * s, depth * s * s - 0.02) for s in steps]
    whole = lathe([*rear, *front[::-1]], at, material, turn)
    return replace(whole, back=back)


def rod(start: Vector, end: Vector, radius: float, material: str, sides: int = 10) -> Solid:
    """A round rod between two points: booms, struts, antennas."""
    start_m, end_m = np.array(start, float), np.array(end, float)
    height = float(np.linalg.norm(end_m - start_m))
    place = trimesh.geometry.align_vectors([0, 0, 1], (end_m - start_m) / height)
    place[:3, 3] = (start_m + end_m) / 2
    return replace(drum(radius, height, ZERO, material, sides=sides), place=place)


def prism(outline: Outline, height: float, at: Vector, material: str, turn: Vector = ZERO) -> Solid:
    """A convex outline of (x, y) points, counter-clockwise, drawn out along its own z, centred."""
    return Solid("prism", np.array([*outline, (height, 0)], float), _placed(at, turn), material)


def moved(solids: Iterable[Solid], at: Vector = ZERO, turn: Vector = ZERO) -> tuple[Solid, ...]:
    """A group turned about the origin (degrees about x, then y, then z), then shifted."""
    return tuple(replace(solid, place=_placed(at, turn) @ solid.place) for solid in solids)


def wing(
    yoke: float,
    width: float,
    height: float,
    count: int,
    cells: str,
    back: str = "carbon",
    gap: float = 0.04,
    frame: str = "carbon",
) -> tuple[Solid, ...]:
    """A solar wing along +y from the origin, cells towards +z.

    Args:
        yoke: length of the V-shaped yoke between craft and first panel, metres
        width: of a panel along x, metres
        height: of a panel along y, metres
        count: panels, one to three
        cells: material of the sunny side
        back: material of the other side
        gap: between panels, bridged by two hinges, metres
        frame: material of yoke and hinges
    """
    reach = 0.38 * width
    parts = [rod((0, 0, 0), (side * reach, yoke, 0), 0.02, frame) for side in (-1, 1)]
    for i in range(count):
        low = yoke + i * (height + gap)
        parts.append(panel(width, height, (0, low + height / 2, 0), cells, back=back))
        if i:
            parts += [box((0.08, gap, 0.03), (side * reach, low - gap / 2, 0), frame) for side in (-1, 1)]
    return tuple(parts)
