"""What surfaces look like: albedo, gloss, crinkle and the grid of solar cells, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Material:
    """A surface.

    Attributes:
        albedo: diffuse reflectance, linear RGB, 0-1
        gloss: reflectance of the specular lobe at its peak, relative to white paint
        shininess: Blinn-Phong exponent
        metallic: how much the specular lobe takes the albedo's hue, 0-1
        crinkle: slope of foil wrinkles that tilt the normal
        cell_m: side of a solar cell in metres; 0 for no grid
        grid: linear RGB of the lines between cells
    """

    albedo: tuple[float, float, float]
    gloss: float = 0.1
    shininess: float = 12.0
    metallic: float = 0.0
    crinkle: float = 0.0
    cell_m: float = 0.0
    grid: tuple[float, float, float] = (0.5, 0.5, 0.5)


MATERIALS = {
    "gold foil": Material((0.80, 0.46, 0.10), gloss=3.0, shininess=35, metallic=0.9, crinkle=0.30),
    "amber foil": Material((0.62, 0.24, 0.05), gloss=2.0, shininess=30, metallic=0.8, crinkle=0.30),
    "silver foil": Material((0.62, 0.62, 0.64), gloss=3.5, shininess=40, metallic=0.8, crinkle=0.25),
    "black foil": Material((0.045, 0.045, 0.05), gloss=0.9, shininess=25, crinkle=0.30),
    "white paint": Material((0.82, 0.82, 0.80), gloss=0.2, shininess=10),
    "grey paint": Material((0.36, 0.37, 0.39), gloss=0.3, shininess=12),
    "black paint": Material((0.03, 0.03, 0.03), gloss=0.1, shininess=8),
    "aluminium": Material((0.50, 0.52, 0.55), gloss=4.0, shininess=60, metallic=0.5),
    "copper": Material((0.72, 0.30, 0.16), gloss=2.5, shininess=45, metallic=0.9, crinkle=0.10),
    "green paint": Material((0.20, 0.42, 0.30), gloss=0.3, shininess=12),
    "orange paint": Material((0.85, 0.30, 0.04), gloss=0.2, shininess=10),
    "radiator": Material((0.62, 0.66, 0.72), gloss=3.0, shininess=90),
    "titanium": Material((0.30, 0.28, 0.27), gloss=2.0, shininess=40, metallic=0.6),
    "glass": Material((0.01, 0.01, 0.015), gloss=4.0, shininess=150),
    "white foil": Material((0.70, 0.70, 0.68), gloss=0.6, shininess=15, crinkle=0.20),
    "carbon": Material((0.07, 0.07, 0.075), gloss=0.5, shininess=20),
    "blue cells": Material((0.02, 0.05, 0.24), gloss=5.0, shininess=180, cell_m=0.12, grid=(0.45, 0.50, 0.60)),
    "navy cells": Material((0.015, 0.02, 0.09), gloss=5.0, shininess=220, cell_m=0.10, grid=(0.30, 0.32, 0.36)),
    "violet cells": Material((0.09, 0.03, 0.20), gloss=5.0, shininess=180, cell_m=0.10, grid=(0.45, 0.40, 0.40)),
    "brown cells": Material((0.11, 0.05, 0.03), gloss=4.0, shininess=150, cell_m=0.09, grid=(0.55, 0.42, 0.20)),
    "dark cells": Material((0.012, 0.014, 0.035), gloss=4.0, shininess=160, cell_m=0.07, grid=(0.20, 0.21, 0.23)),
}
