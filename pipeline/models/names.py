"""Every name that can be given for an encoder or a decoder."""

import segmentation_models_pytorch as smp
import timm

from pipeline.models.torchvision_nets import DECODERS, ENCODERS


def encoders() -> list[str]:
    """Those of segmentation-models-pytorch and torchvision, and timm's, with `tu-` before them."""
    return list(dict.fromkeys([*smp.encoders.encoders, *(f"tu-{name}" for name in timm.list_models()), *ENCODERS]))


def decoders() -> list[str]:
    """Those of segmentation-models-pytorch, torchvision's with `tv-` before them, and ours."""
    return [*smp.MODEL_ARCHITECTURES_MAPPING, *(f"tv-{name}" for name in DECODERS), "pyramid"]
