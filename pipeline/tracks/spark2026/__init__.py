"""SPARK 2026 Stream 1: one spacecraft an image, named, boxed and segmented into body and solar panel."""

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
BUDGET_GMAC = 100.0  # printed as 200 GFLOP where a multiply-accumulate counts as two
BUDGET_MPARAMS = 30.0
