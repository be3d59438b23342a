"""A trained run, opened: its config, its competition, its data set and, when asked for, its network."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pipeline.config import config_class, config_of, refuse_impossible
from pipeline.contracts import Network, Track
from pipeline.engine.checkpoints import load_weights
from pipeline.engine.device import on_device
from pipeline.errors import UserError
from pipeline.files import write_bytes
from pipeline.models.fused import fused
from pipeline.parquet_files import read_table, table_bytes
from pipeline.run_folder import Run, find_data, find_run
from pipeline.settings import Config, flat
from pipeline.tracks import DEFAULT, track_named
from pipeline.yaml_files import read_yaml

BESIDE = ("recipe", "data")  # what config.yaml says beside the config itself
AGAIN = "Or train again with another --run."


@dataclass(frozen=True)
class Trained:
    """A run with weights.

    Attributes:
        run: its folder
        config: what it was trained with
        track: its competition
        trained_on: the folder of the data set
    """

    run: Run
    config: Config
    track: Track
    trained_on: Path

    @classmethod
    def named(cls, name: str | None) -> "Trained":
        """The run of a name; None: the newest. Raises UserError where there is none, or not one of this version."""
        return cls.of(find_run(name))

    @classmethod
    def of(cls, run: Run) -> "Trained":
        """A run's folder, read. Raises UserError where its config is not one of this version."""
        said = read_yaml(run.config)
        values = flat({name: value for name, value in said.items() if name not in BESIDE})
        try:
            known = flat(config_class(str(said.get("track", DEFAULT)))())
            if missing := [name for name in (*known, *BESIDE) if name not in values | said]:
                raise UserError(f"it lacks {', '.join(missing[:5])}: damaged, or of another version.")
            config = config_of(values)
            refuse_impossible(config)
        except UserError as error:
            raise UserError(f"{run.config}: {error} Mend it, if you have edited it. {AGAIN}") from error
        return cls(run, config, track_named(config.track), Path(said["data"]))

    def data(self, data: Path | None) -> Path:
        """The folder of the data set meant: the one given, or the one the run was trained on."""
        if data is not None:
            return find_data(data)
        if not self.trained_on.is_dir():
            raise UserError(
                f"run {self.run.name!r} was trained on {self.trained_on}, which is not there; name it with --data."
            )
        return self.trained_on

    @cached_property
    def network(self) -> Network:
        """The network with the best weights as it answers, fused and in eval mode, on the GPU where there is one."""
        network = self.track.task.network(self.config, load_weights=False)
        load_weights(self.run.best, network)
        return on_device(fused(network))

    def views(self, folder: Path, split: str, tta: str | None) -> str:
        """The views meant: those given, or those last asked for. Raises UserError where the track forbids them."""
        views = self.run.views(folder, split, tta)
        self.refuse_views(views)
        return views

    def refuse_views(self, views: str) -> None:
        """Raise UserError where the track forbids these test-time views, or the network cannot decode in this way."""
        tta, plus, decode = views.partition("+")
        if tta not in self.track.views:
            why = f": {self.track.no_views}" if self.track.no_views else ""
            raise UserError(f"--tta {tta}: track {self.track.name} allows {', '.join(self.track.views)}{why}.")
        ways = self.track.task.decodings(self.config)
        if plus and decode not in ways:
            raise UserError(
                f"--decode {decode}: run {self.run.name!r} has {', '.join(ways) or 'but one way, without a name'}."
            )


def write_seen(run: Run, fit: pd.DataFrame, tune: pd.DataFrame) -> None:
    """Keep which images, by content, a run is fitted on and which it is selected on: index rows."""
    both = [some[["image_id", "content_hash"]].assign(use=use) for use, some in (("fit", fit), ("tune", tune))]
    write_bytes(run.seen, table_bytes(pa.Table.from_pandas(pd.concat(both), preserve_index=False), {}))


def seen_by(run: Run) -> pd.DataFrame | None:
    """What `write_seen` kept; None of a run that kept nothing. Raises UserError where it is damaged."""
    return read_table(run.seen, AGAIN)[0].to_pandas() if run.seen.exists() else None
