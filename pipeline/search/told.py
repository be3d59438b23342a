"""What a search says while it runs: a line on each try that has ended, with what is left to do."""

import time
from collections.abc import Sequence
from typing import Literal

from pipeline.progress import say
from pipeline.search.study import Outcome


def ranked(ended: Sequence[Outcome], best: Literal["max", "min"]) -> list[Outcome]:
    """Those trained to their end, the best first; of equals the first one first."""
    whole = [one for one in ended if one.value is not None]
    return sorted(whole, key=lambda one: one.value, reverse=best == "max")


def came(outcome: Outcome) -> str:
    """What became of a try."""
    if outcome.value is not None:
        return f"{outcome.value:.4f} in {outcome.result['minutes']:.1f} min"
    if outcome.pruned_after:
        return f"ended early, after epoch {outcome.pruned_after}"
    return f"failed: {outcome.failed.split('. ')[0]}"


def told(done: int, total: int, words: str, best: Outcome | None, minutes: float | None) -> str:
    """A line on a try.

    Args:
        done: tries that have ended, this one counted
        total: tries in all
        words: which it is, and what became of it
        best: of those that have ended; None: none was trained to its end
        minutes: that a try takes, on average; None: not known
    """
    leads = f"; best {best.value:.4f}, {best.name}" if best else ""
    left = f"; about {max(1, round(minutes * (total - done)))} min left" if minutes and done < total else ""
    return f"{done} of {total}, {words}{leads}{left}"


class Teller:
    """Says a line on each try that has ended since it was told last; of those before its first call, how many."""

    def __init__(self, total: int, best: Literal["max", "min"]) -> None:
        self.total, self.best = total, best
        self.said: set[str] | None = None
        self.before, self.began = 0, time.monotonic()

    def __call__(self, ended: Sequence[Outcome]) -> None:
        """Of all tries that have ended."""
        if self.said is None:
            self.said, self.before = {one.name for one in ended}, len(ended)
            if ended:
                say(f"{len(ended)} of {self.total} were done before")
            return
        for one in ended:
            if one.name not in self.said:
                self.said.add(one.name)
                minutes = (time.monotonic() - self.began) / 60 / (len(self.said) - self.before)
                leads = ranked([other for other in ended if other.name in self.said], self.best)
                best = leads[0] if leads else None
                say(told(len(self.said), self.total, f"{one.name}: {came(one)}", best, minutes))
