"""What a stage may ask of a competition, whichever it is. tracks/README.md says who asks what and when."""

from pipeline.contracts.reader import Reader
from pipeline.contracts.task import Asked, Network, Task
from pipeline.contracts.track import NO_COMPUTE, Against, Judge, Reward, Track, Upload

__all__ = ["NO_COMPUTE", "Against", "Asked", "Judge", "Network", "Reader", "Reward", "Task", "Track", "Upload"]
