"""What an output was made from, code included, so that what was made from anything else is not taken for one's own."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.files import file_hash

ROOT = Path(__file__).parent
WORDS = {"weights_hash": "the weights", "images_hash": "the images", "predictions_hash": "the predictions"}


def sources(files: Iterable[str]) -> dict[str, str]:
    """Hash of each source file, by its path below pipeline/."""
    return {name: file_hash(ROOT / name)[:12] for name in files}


def differences(was: dict, now: dict) -> list[str]:
    """What two descriptions of what an output was made from differ in, in words."""
    found = []
    for name in sorted({**was, **now}):
        one, other = was.get(name), now.get(name)
        if one == other:
            continue
        if name == "code":
            found += sorted(
                f"code of {file}" for file in {**(one or {}), **other} if (one or {}).get(file) != other.get(file)
            )
        elif isinstance(other, dict):
            found += [f"{name}.{words}" for words in differences(one if isinstance(one, dict) else {}, other)]
        else:
            found.append(WORDS.get(name) or f"{name} {one} -> {other}")
    return found
