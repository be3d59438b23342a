"""What a whole set is made with: which craft take turns, in which world, from which seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.scenes.craft import CLASSES
from pipeline.scenes.domain import DOMAINS, Domain
from pipeline.scenes.mesh import CraftMesh, craft_mesh
from pipeline.scenes.scene import SPLITS
from pipeline.scenes.user_meshes import class_names, load_craft


@dataclass(frozen=True)
class Studio:
    """Settings that every image of a set shares.

    Attributes:
        seed: of everything random
        size: side of the images, pixels
        world: a key of `domains`
        meshes: folder of the user's own craft; None for built-in ones
        fingerprint: of what that folder holds
        built_in: the craft that take turns where there are no meshes of the user's
        domains: the worlds
    """

    seed: int
    size: int
    world: str = "default"
    meshes: str | None = None
    fingerprint: str | None = None
    built_in: tuple[str, ...] = CLASSES
    domains: Mapping[str, Domain] = field(default_factory=lambda: DOMAINS)

    @property
    def domain(self) -> Domain:
        return self.domains[self.world]

    @property
    def classes(self) -> tuple[str, ...]:
        return self.built_in if self.meshes is None else _own_classes(self.meshes, self.fingerprint)

    def craft_of(self, split: str, index: int) -> str:
        """The classes in turn; on the test split shuffled within each round, so that the index tells nothing."""
        turn = index % len(self.classes)
        if split == "test":
            rng = np.random.default_rng([self.seed, SPLITS.index(split), index // len(self.classes), 1])
            turn = int(rng.permutation(len(self.classes))[turn])
        return self.classes[turn]

    def mesh(self, name: str) -> CraftMesh:
        """The mesh of a class."""
        return craft_mesh(name) if self.meshes is None else _own_mesh(self.meshes, self.fingerprint, name)


@cache
def _own_classes(folder: str, fingerprint: str) -> tuple[str, ...]:
    return class_names(Path(folder))


@cache
def _own_mesh(folder: str, fingerprint: str, name: str) -> CraftMesh:
    return load_craft(Path(folder), name)
