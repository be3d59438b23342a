"""The spacecraft, one module of data each: `SOLIDS` in metres and body axes, after public dimensions.

`KEY_POINTS`, where a module has them, are those that a competition has chosen.
"""

from importlib import import_module
from types import ModuleType

from pipeline.scenes.shapes import Solid, Vector

MODULES = {
    "VenusExpress": "venus_express",
    "Cheops": "cheops",
    "LisaPathfinder": "lisa_pathfinder",
    "ObservationSat1": "observation_sat_1",
    "Proba2": "proba_2",
    "Proba3": "proba_3",
    "Proba3ocs": "proba_3_ocs",
    "Smart1": "smart_1",
    "Soho": "soho",
    "XMM Newton": "xmm_newton",
}
CLASSES = tuple(MODULES)  # of SPARK
TARGET = "Tango"  # of SPEED and SPEED+


def solids(name: str) -> tuple[Solid, ...]:
    """The solids of a craft."""
    return _module(name).SOLIDS


def key_points(name: str) -> tuple[Vector, ...] | None:
    """The key points of a craft that a competition has chosen, metres, body axes; None of one that has none."""
    return getattr(_module(name), "KEY_POINTS", None)


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{(MODULES | {TARGET: 'tango'})[name]}")
