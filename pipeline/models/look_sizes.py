"""At which sizes a network looks at an image: once at the whole of it, or twice, first at that and then closer."""

from typing import Protocol

from pipeline.errors import UserError


class Sizes(Protocol):
    """What a config of a network says of sizes, pixels; coarse and fine are 0 where it looks once."""

    size: int
    coarse: int
    fine: int


def looks_of(config: Sizes) -> dict[str, int]:
    """The sizes at which images are looked at, by the key that says so."""
    if config.coarse or config.fine:
        return {"coarse": config.coarse, "fine": config.fine}
    return {"size": config.size}


def looks_in_words(config: Sizes) -> str:
    """What to add to a network's name; empty where it looks once."""
    return f", looking twice ({config.coarse} and {config.fine} px)" if config.coarse else ""


def refuse_odd_sizes(config: Sizes, sizes: dict[str, int]) -> None:
    """Raise UserError for the first of some sizes, by key, that no encoder takes or that is above the image's."""
    for name, size in sizes.items():
        if size % 32 or not 0 < size <= config.size:
            most = f" of at most model.size, {config.size}" if name != "size" else ""
            raise UserError(f"model.{name} is {size}; it must be a positive multiple of 32{most}.")
