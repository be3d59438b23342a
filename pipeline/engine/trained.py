"""A trained run's network, ready to answer."""

from pathlib import Path

import torch
import yaml

from pipeline.config import Config, config_of, flat
from pipeline.engine.checkpoints import load_weights
from pipeline.errors import UserError
from pipeline.models.network import SpacecraftNet, build_network
from pipeline.run_folder import Run, find_data

BESIDE = ("recipe", "data", "track")  # what config.yaml says beside the config itself


def run_config(run: Run) -> tuple[Config, dict]:
    """The config a run was trained with, and the whole of its config.yaml (with `recipe`, `data` and `track`).

    Raises:
        UserError: it is not the config of this version.
    """
    said = yaml.safe_load(run.config.read_text())
    values = flat({name: value for name, value in said.items() if name not in BESIDE})
    try:
        return config_of(values), said
    except UserError as error:
        raise UserError(f"{run.config} is of another version: {error} Train again with another --run.") from error


def data_of(run: Run, data: Path | None) -> Path:
    """The folder of the data set meant: the one given, or the one the run was trained on."""
    return find_data(data or Path(run_config(run)[1]["data"]))


def trained_network(run: Run, classes: int) -> SpacecraftNet:
    """The network with the run's best weights in eval mode, on the GPU where there is one."""
    config, _ = run_config(run)
    network = build_network(config.model, classes, load_weights=False)
    load_weights(run.best, network)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return network.eval().to(device, memory_format=torch.channels_last)
