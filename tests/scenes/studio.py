"""The scenes that several tests look at."""

from pipeline.scenes.studio import Studio

SIZE, COUNT = 256, 60


STUDIO = Studio(0, SIZE)
