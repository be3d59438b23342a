"""A procedure of tuning as a YAML says it: seeds of the base, then phases of tries; all its mistakes at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import RECIPES, config_of, refuse_unknown
from pipeline.contracts import Track
from pipeline.engine.training import balance_of
from pipeline.errors import UserError, brief, nearest, offenders
from pipeline.settings import Config, flat, out_of_range
from pipeline.tracks import track_named
from pipeline.yaml_files import read_yaml

DEFAULT = RECIPES / "phases.yml"
FIXED = {  # what no try may change, and why
    "track": "a study is of one",
    "seed": "`seeds` has those of the base, and tries have the first",
    "fit_on": "a search fits on train",
    "optim.epochs": "all tries have the same budget",
    "optim.images_per_epoch": "all tries have the same budget",
}


@dataclass(frozen=True)
class Phase:
    """Some tries that begin with the same config.

    Attributes:
        name: of it
        tries: what each changes, by config key
    """

    name: str
    tries: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class Procedure:
    """What is tried.

    Attributes:
        seeds: the base is trained with each; tries have the first
        phases: in their order, each from the best of everything before
    """

    seeds: tuple[int, ...]
    phases: tuple[Phase, ...]

    def space(self, base: Config) -> dict[str, list]:
        """Each config key that a try changes -> the base's value, and all that the tries give it."""
        values = flat(base)
        choices: dict[str, list] = {}
        for changed in (changed for phase in self.phases for changed in phase.tries):
            for key, value in changed.items():
                known = choices.setdefault(key, [values[key]])
                known += [] if value in known else [value]
        return choices


def procedure(path: Path, base: Config) -> Procedure:
    """The procedure of a file, each of its tries held against the config that it is to change.

    Raises:
        UserError: it is no YAML, or anything in it cannot be; with every mistake.
    """
    said, reading = read_yaml(path), _Reading(base, track_named(base.track))
    found = reading.whole(said)
    if reading.wrong:
        raise UserError(
            f"{path} is no procedure to search by ({DEFAULT.name} in {DEFAULT.parent.name}/ is one):\n"
            + offenders(reading.wrong, shown=len(reading.wrong))
        )
    return found


@dataclass
class _Reading:
    """What is read of a file, and what is wrong with it."""

    base: Config
    track: Track
    wrong: list[str] = field(default_factory=list)
    networks: set[str] = field(default_factory=set)

    def whole(self, said: dict) -> Procedure:
        self._keys(said, ("seeds", "phases"), "")
        seeds = said.get("seeds")
        whole = isinstance(seeds, list) and all(type(seed) is int and 0 <= seed < 2**32 for seed in seeds)
        if "seeds" in said and not (whole and seeds and len(set(seeds)) == len(seeds)):
            self.wrong.append(f"seeds is {brief(seeds)}, expected different whole numbers from 0 on, one or more")
        entries = said.get("phases")
        if "phases" in said and not (isinstance(entries, list) and entries):
            self.wrong.append(f"phases is {brief(entries)}, expected one or more of {{name, tries}}")
        phases = [self._phase(number, entry) for number, entry in enumerate(_listed(entries), 1)]
        names = [phase.name for phase in phases]
        self.wrong += [f"two phases are named {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
        return Procedure(tuple(_listed(seeds)), tuple(phases))

    def _phase(self, number: int, entry: object) -> Phase:
        place = f"phase {number}"
        if not isinstance(entry, dict):
            self.wrong.append(f"{place} is {brief(entry)}, expected {{name, tries}}")
            return Phase(place, ())
        self._keys(entry, ("name", "tries"), f"{place}: ")
        name = entry.get("name")
        if "name" in entry and not (isinstance(name, str) and name.strip()):
            self.wrong.append(f"{place}: name is {brief(name)}, expected a word or more")
        place = name if isinstance(name, str) and name.strip() else place
        tries = entry.get("tries")
        if "tries" in entry and not (isinstance(tries, list) and tries):
            self.wrong.append(f"{place}: tries is {brief(tries)}, expected one or more of {{config key: value}}")
        changes = (self._try(f"{place}, try {i}", changed) for i, changed in enumerate(_listed(tries), 1))
        return Phase(place, tuple(changes))

    def _try(self, place: str, entry: object) -> dict[str, object]:
        """What a try changes, its values as the config has them."""
        if not isinstance(entry, dict) or not entry:
            self.wrong.append(f"{place} is {brief(entry)}, expected {{config key: value}}")
            return {}
        changed, before = flat(entry), len(self.wrong)
        base = flat(self.base)
        for key, value in changed.items():
            if key in FIXED:
                self.wrong.append(f"{place}: {key} is not for a try to change: {FIXED[key]}")
            elif isinstance(value, list):
                self.wrong.append(f"{place}: {key} is a list, and a search is over single values")
            elif not self._refused(place, refuse_unknown, [key], list(base), "config key"):
                self._refused(place, config_of, base | {key: value})
        if len(self.wrong) > before:
            return {}
        config = config_of(base | changed)
        self.wrong += [f"{place}: {line}" for line in out_of_range(config) + self.track.task.impossible(config)]
        if len(self.wrong) == before and not self._refused(place, balance_of, self.track.task, config):
            self._build(place, config)
        return {key: flat(config)[key] for key in changed}

    def _build(self, place: str, config: Config) -> None:
        """Build the network, where none of its kind was built yet."""
        if repr(config.model) not in self.networks:
            self.networks.add(repr(config.model))
            self._refused(place, self.track.task.network, config, load_weights=False)

    def _refused(self, place: str, function: Callable, *given: object, **named: object) -> bool:
        """Call a function; whether it raised UserError, which is then noted."""
        try:
            function(*given, **named)
        except UserError as error:
            self.wrong.append(f"{place}: {' '.join(str(error).split())}")
            return True
        return False

    def _keys(self, said: dict, known: tuple[str, ...], place: str) -> None:
        self.wrong += [f"{place}{key} is missing" for key in known if key not in said]
        self.wrong += [f"{place}unknown key {key}.{nearest(str(key), known)}" for key in said if key not in known]


def _listed(entries: object) -> list:
    return entries if isinstance(entries, list) else []
