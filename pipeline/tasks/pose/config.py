"""The recipe's keys of the task `pose`."""

from dataclasses import dataclass, field

from pipeline.dataset.augment import PhotometricConfig
from pipeline.losses.pose import PoseLossConfig
from pipeline.models.pose_net import PoseModelConfig
from pipeline.poses.key_points import TANGO
from pipeline.settings import Config


@dataclass
class PoseConfig(Config):
    """Everything that decides what a training run gives.

    Args:
        track: the competition
        seed: of weights, order, augmentation and dropout
        fit_on: train, or train+val for the final model (val then says nothing any more)
        key_points: x, y, z of the points on the craft that heat maps show, metres in the body's frame; default:
            Tango's eleven
    """

    model: PoseModelConfig = field(default_factory=PoseModelConfig)
    loss: PoseLossConfig = field(default_factory=PoseLossConfig)
    augment: PhotometricConfig = field(default_factory=PhotometricConfig)
    key_points: list[list[float]] = field(default_factory=TANGO.tolist)
