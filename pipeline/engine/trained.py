"""A trained run's network, ready to answer."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from pipeline.config import Config, config_of, flat, refuse_impossible
from pipeline.engine.checkpoints import load_weights
from pipeline.engine.device import on_device
from pipeline.errors import UserError
from pipeline.files import write_bytes
from pipeline.models.network import SpacecraftNet, build_network
from pipeline.parquet_files import read_table, table_bytes
from pipeline.run_folder import Run, find_data
from pipeline.yaml_files import read_yaml

BESIDE = ("recipe", "data", "track")  # what config.yaml says beside the config itself
AGAIN = "Or train again with another --run."


def run_config(run: Run) -> tuple[Config, dict]:
    """The config a run was trained with, and the whole of its config.yaml (with `recipe`, `data` and `track`).

    Raises:
        UserError: it is not the config of this version.
    """
    said = read_yaml(run.config)
    values = flat({name: value for name, value in said.items() if name not in BESIDE})
    if missing := [name for name in (*flat(Config()), *BESIDE) if name not in values | said]:
        raise UserError(f"{run.config} lacks {', '.join(missing[:5])}: damaged, or of another version. {AGAIN}")
    try:
        config = config_of(values)
        refuse_impossible(config)
    except UserError as error:
        raise UserError(f"{run.config}: {error} Mend it, if you have edited it. {AGAIN}") from error
    return config, said


def write_seen(run: Run, fit: pd.DataFrame, tune: pd.DataFrame) -> None:
    """Keep which images, by content, a run is fitted on and which it is selected on: index rows."""
    rows = pd.concat(
        [some[["image_id", "content_hash"]].assign(use=use) for use, some in (("fit", fit), ("tune", tune))]
    )
    write_bytes(run.seen, table_bytes(pa.Table.from_pandas(rows, preserve_index=False), {}))


def seen_by(run: Run) -> pd.DataFrame | None:
    """What `write_seen` kept; None of a run that kept nothing. Raises UserError where it is damaged."""
    return read_table(run.seen, AGAIN)[0].to_pandas() if run.seen.exists() else None


def data_of(run: Run, data: Path | None) -> Path:
    """The folder of the data set meant: the one given, or the one the run was trained on."""
    if data is not None:
        return find_data(data)
    trained_on = Path(run_config(run)[1]["data"])
    if not trained_on.is_dir():
        raise UserError(f"run {run.name!r} was trained on {trained_on}, which is not there; name it with --data.")
    return trained_on


def trained_network(run: Run, classes: int) -> SpacecraftNet:
    """The network with the run's best weights in eval mode, on the GPU where there is one."""
    config, _ = run_config(run)
    network = build_network(config.model, classes, load_weights=False)
    load_weights(run.best, network)
    return on_device(network.eval())
