"""Heads over the levels of a BiFPN: rotation and position, box, and maps."""

import math
from collections.abc import Callable

import torch
from torch import nn

from pipeline.models.bifpn import separable

FINEST = 4  # stride of the finest level, which maps are made of
GATHERED_FROM = 16  # stride of the finest level that pose and box are read from
GRID = 4  # cells to a side that they are read from
HIDDEN = 256  # channels of the pose head's hidden layer
BOX_HIDDEN = 64  # and of the box head's
BOX_LEAST = 1e-3  # side of a box, as a share of the image: none is without area, even in single precision
MAP_LAYERS, MAP_WIDENING = 3, 2  # layers of a head of maps, and their channels by the BiFPN's
START = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5, 0.5, math.log(6))  # no rotation; in the middle of the image, 6 m away
SMALL = 1e-3  # standard deviation of a last layer's weights where its bias is to be what it says at first
HEADS = {  # what each answers
    "P": ("rotation", "position"),
    "H": ("heat",),
    "B": ("box",),
    "S": ("mask",),
}


def heads_of(letters: str, width: int, deepest: int, key_points: int, dropout: float) -> nn.ModuleDict:
    """The heads of some letters, over levels of a width from stride 4 to the deepest, in the order of HEADS."""
    makers: dict[str, Callable[[], nn.Module]] = {
        "P": lambda: PoseHead(width, deepest, dropout),
        "H": lambda: MapHead(width, key_points),
        "B": lambda: BoxHead(width, deepest, dropout),
        "S": lambda: MapHead(width, 1),
    }
    return nn.ModuleDict({letter: makers[letter]() for letter in HEADS if letter in letters})


class Gathered(nn.Module):
    """All levels from stride 16 on, on one grid.

    forward(levels): (b, width, h, w) each, from stride 4 to the deepest. Returns (b, width, GRID, GRID): the sum of
    their means over cells, each level after a convolution of its own.
    """

    def __init__(self, width: int, deepest: int) -> None:
        super().__init__()
        self.skipped = int(math.log2(GATHERED_FROM / FINEST))
        self.layers = nn.ModuleList(
            nn.Sequential(separable(width, width), nn.SiLU(inplace=True), nn.AdaptiveAvgPool2d(GRID))
            for _ in range(int(math.log2(deepest / GATHERED_FROM)) + 1)
        )

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        return sum(layer(level) for layer, level in zip(self.layers, levels[self.skipped :], strict=True))


class PoseHead(nn.Module):
    """The craft's rotation and place.

    forward(levels): as Gathered takes them. Returns `rotation` (b, 6), two columns before Gram-Schmidt, and `position`
    (b, 3), x and y of the craft's origin in shares of the image and the logarithm of its depth in metres. The last
    layer works in float32 whatever autocast does: by bfloat16 a depth is up to 0.4 % off.
    """

    def __init__(self, width: int, deepest: int, dropout: float) -> None:
        super().__init__()
        self.gathered = Gathered(width, deepest)
        self.hidden = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(GRID * GRID * width, HIDDEN), nn.SiLU(inplace=True)
        )
        self.last = nn.Linear(HIDDEN, len(START))
        nn.init.normal_(self.last.weight, std=SMALL)
        with torch.no_grad():
            self.last.bias.copy_(torch.tensor(START))

    def forward(self, levels: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        hidden_bc = self.hidden(self.gathered(levels))
        with torch.autocast(hidden_bc.device.type, enabled=False):
            rotation_b6, position_b3 = self.last(hidden_bc.float()).split([6, 3], dim=1)
        return rotation_b6, position_b3


class BoxHead(nn.Module):
    """The craft's box: its centre and its sides by sigmoids.

    forward(levels): as Gathered takes them. Returns x_min, y_min, x_max, y_max (b, 4) as shares of the image: upright,
    the centre inside, the sides perhaps beyond.
    """

    def __init__(self, width: int, deepest: int, dropout: float) -> None:
        super().__init__()
        self.gathered = Gathered(width, deepest)
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(GRID * GRID * width, BOX_HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(BOX_HIDDEN, 4),
        )

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        centre_b2, share_b2 = self.layers(self.gathered(levels)).float().sigmoid().chunk(2, dim=1)
        half_b2 = (BOX_LEAST + (1 - BOX_LEAST) * share_b2) / 2
        return torch.cat([centre_b2 - half_b2, centre_b2 + half_b2], dim=1)


class MapHead(nn.Module):
    """Maps of the finest level, by separable convolutions of twice its width, as SPNv2's (https://arxiv.org/abs/2203.04275).

    forward(levels): the finest first, (b, width, h, w). Returns (b, channels, h, w), before training nearly 0.
    """

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        wide = MAP_WIDENING * width
        widths = [width, *[wide] * (MAP_LAYERS - 1)]
        self.layers = nn.Sequential(*(nn.Sequential(separable(of, wide), nn.SiLU(inplace=True)) for of in widths))
        self.last = nn.Conv2d(wide, channels, 1)
        nn.init.normal_(self.last.weight, std=SMALL)
        nn.init.zeros_(self.last.bias)

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        return self.last(self.layers(levels[0]))
