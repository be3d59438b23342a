"""One loss of a pose alone, for the tests of each."""

from pipeline.losses.pose import PoseLoss, PoseLossConfig

OFF = {"pose": 0, "heat": 0, "ciou": 0, "giou": 0, "bce": 0, "mse": 0, "window": 0}
KEY_POINTS = [[0.0, 0.0, 0.0], [-0.19, 0.27, 0.0], [0.51, 0.0, 0.0], [0.0, 0.0, -5.0]]


def of(name, outputs, batch):
    total, parts = PoseLoss(PoseLossConfig(**OFF | {name: 1}), "PHBS", KEY_POINTS)(outputs, batch)
    assert total.item() == parts[name].item()
    return total
