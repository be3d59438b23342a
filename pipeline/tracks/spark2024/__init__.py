"""SPARK 2024 Stream 1, segmentation: body and solar panel of one spacecraft, judged by masks alone."""

CLASSES = (
    "VenusExpress",
    "Cheops",
    "LisaPathfinder",
    "ObservationSat1",
    "Proba2",
    "Proba3",
    "Proba3ocs",
    "Smart1",
    "Soho",
    "XMM Newton",
)
SIZE = 1024  # pixels, both sides of every image
