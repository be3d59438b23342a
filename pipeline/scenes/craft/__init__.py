"""The ten spacecraft, one module of data each: `SOLIDS` in metres and body axes, after public dimensions."""

from importlib import import_module

from pipeline.scenes.shapes import Solid

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
CLASSES = tuple(MODULES)


def solids(name: str) -> tuple[Solid, ...]:
    """The solids of a class."""
    return import_module(f"{__name__}.{MODULES[name]}").SOLIDS
