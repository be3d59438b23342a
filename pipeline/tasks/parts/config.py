"""The recipe's keys of the task `parts`."""

from dataclasses import dataclass, field

from pipeline.dataset.augment import AugmentConfig
from pipeline.losses.segmentation import LossConfig
from pipeline.models.network import ModelConfig
from pipeline.settings import Config


@dataclass
class PartsConfig(Config):
    """Everything that decides what a training run gives.

    Args:
        track: the competition
        seed: of weights, order, augmentation and dropout
        fit_on: train, or train+val for the final model (val then says nothing any more)
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
