"""Which encoder and which decoder: every pair, counted before any is trained, and refused where it cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from pipeline.config import config_of, refuse_impossible
from pipeline.contracts import Track
from pipeline.errors import UserError, nearest, offenders, reason
from pipeline.models import names
from pipeline.models.network import passed_over
from pipeline.search.study import Try
from pipeline.search.trial import compute_of
from pipeline.settings import Config, flat

ENCODERS = "efficientnet-b0,mit_b0,mobileone_s1"  # the published grid
DECODERS = "unet,segformer,deeplabv3plus,fpn,pan,pspnet,linknet"
SIZES = ("model.size", "model.coarse", "model.fine")


@dataclass(frozen=True)
class Architecture:
    """A pair of encoder and decoder at a size.

    Attributes:
        name: unlike any other's
        params: what it is, by what is searched: encoder, decoder, size
        values: the same as values of the config
        gmac: of one image and one view, as it answers; None: it cannot be built
        mparams: millions of parameters; None: it cannot be built
        refused: why it is not trained; empty: it is
    """

    name: str
    params: dict[str, str]
    values: dict[str, object]
    gmac: float | None = None
    mparams: float | None = None
    refused: str = ""

    @property
    def wanted(self) -> Try:
        """Its training; nothing is cut short, since the last epochs of different networks are what is compared."""
        return Try(self.name, self.values, self.params, prune=False)


def grid(base: Config, encoders: str, decoders: str | None, sizes: str | None) -> list[Architecture]:
    """Every pair at every size, in the order of the lists; nothing is counted yet.

    Args:
        base: every value of the config
        encoders: with commas between
        decoders: with commas between; None: those of the published grid, where the track's networks have a choice
        sizes: with commas between, `160` or `512/64/96`; None: the config's

    Raises:
        UserError: names that nothing knows, sizes that are none, or a choice that the track's networks do not have.
    """
    values = flat(base)
    if "model.encoder" not in values:
        raise UserError(f"the networks of track {base.track} have no model.encoder, so there is none to be chosen.")
    has_decoders = "model.decoder" in values
    if decoders and not has_decoders:
        raise UserError(
            f"--decoders: the networks of track {base.track} have no model.decoder; leave it out, and encoders "
            "alone are compared."
        )
    choices = {"encoder": _listed(encoders), "decoder": _listed(decoders or DECODERS) if has_decoders else []}
    _refuse_unknown(choices)
    looks = [_looks(values, size) for size in (_listed(sizes) if sizes else [_size(values)])]
    return [
        _pair(values, encoder, decoder, size, several=len(looks) > 1)
        for encoder, decoder, size in product(choices["encoder"], choices["decoder"] or [None], looks)
    ]


def space(wanted: Sequence[Architecture]) -> dict[str, list[str]]:
    """What was chosen from, by what is searched."""
    return {name: list(dict.fromkeys(one.params[name] for one in wanted)) for name in wanted[0].params}


def counted(
    track: Track, base: Config, one: Architecture, most_gmac: float | None = None, most_mparams: float | None = None
) -> Architecture:
    """The same with its compute, or with the reason why it is not trained; what is built of it is let go."""
    try:
        config = config_of(flat(base) | one.values)
        refuse_impossible(config)
        compute = compute_of(track.task.network(config))
    except Exception as error:  # whatever a library says of a pair is what is wrong with it
        words = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {reason(error, 200)}"
        return replace(one, refused=f"impossible: {words}")
    return Architecture(
        one.name, one.params, one.values, **compute, refused=_over(track, compute, most_gmac, most_mparams)
    )


def refuse_none(wanted: Sequence[Architecture]) -> None:
    """Raise UserError with all reasons where not one is left to be trained."""
    if all(one.refused for one in wanted):
        raise UserError(
            "none of these networks can be trained:\n" + offenders([f"{one.name}: {one.refused}" for one in wanted], 30)
        )


def _over(track: Track, compute: dict[str, float], most_gmac: float | None, most_mparams: float | None) -> str:
    limits = (("gmac", "GMAC", most_gmac), ("mparams", "M parameters", most_mparams))
    found = [(compute[key], unit, most) for key, unit, most in limits if most is not None]
    over = [f"{value:.3f} {unit}, at most {most:g} wanted" for value, unit, most in found if value > most]
    rejected = track.reward(**compute).rejected if track.reward else ""
    over += [rejected] if rejected else []
    return f"over budget: {'; '.join(over)}" if over else ""


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(word for word in (part.strip() for part in text.split(",")) if word))


def _refuse_unknown(choices: dict[str, list[str]]) -> None:
    """Raise UserError with every name that nothing knows, and the nearest that is known."""
    known = {"encoder": names.encoders(), "decoder": names.decoders()}
    wrong = [
        f"unknown {kind} {name}.{nearest(name, known[kind])}"
        for kind, found in choices.items()
        for name in found
        if name not in known[kind]
    ]
    wrong += ["--encoders names none."] if not choices["encoder"] else []
    if wrong:
        raise UserError("\n".join(wrong))


def _size(values: dict[str, object]) -> str:
    """The config's sizes, as --sizes takes them."""
    there = [values[key] for key in SIZES if key in values]
    return "/".join(map(str, there if all(there) else there[:1]))


def _looks(values: dict[str, object], size: str) -> dict[str, int]:
    """The sizes of a `160` or a `512/64/96`, as values of the config."""
    parts = size.split("/")
    if not all(part.isdigit() and int(part) for part in parts) or len(parts) not in (1, 3):
        raise UserError(
            f"--sizes {size}: expected pixels, such as 160 for one look, or 512/64/96 for images of 512 px looked at "
            "twice, at 64 px and at 96 px."
        )
    found = dict(zip(SIZES, map(int, parts if len(parts) == 3 else [*parts, "0", "0"]), strict=False))
    return {key: pixels for key, pixels in found.items() if key in values or pixels}


def _pair(values: dict[str, object], encoder: str, decoder: str | None, looks: dict, several: bool) -> Architecture:
    size = _size(values | looks)
    params = {"encoder": encoder} | ({"decoder": decoder} if decoder else {}) | {"size": size}
    own = {f"model.{key}": value for key, value in params.items() if key != "size"} | looks
    if decoder:
        own |= {f"model.{key}": usual for key, usual in passed_over(decoder).items()}
    name = (f"{decoder} on " if decoder else "") + encoder + (f" at {size}" if several else "")
    return Architecture(name, params, own)
