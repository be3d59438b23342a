"""The toy's track, whose networks of one learning rate are not built while somebody holds a file: to kill in a try."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path

from tests.toy import track

GATE, GATED_LR = "GATE", "GATED_LR"  # of the environment: the file, and the learning rate; none: every one
AT_GATE = "at the gate"  # is said before waiting


class Gated(track.Number):
    def network(self, config, load_weights=True):
        path, rate = os.environ.get(GATE), os.environ.get(GATED_LR)
        if load_weights and path and (not rate or float(rate) == config.optim.lr):
            print(AT_GATE, flush=True)
            with Path(path).open() as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # waits for whoever holds it
        return super().network(config, load_weights)


TRACK = replace(track.TRACK, name=__name__, task=Gated())
