"""results.tsv: a line for each experiment, in the order in which they were made."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import write_text

BASELINE, KEPT, DISCARDED, FAILED = "baseline", "kept", "discarded", "failed"
REFUSED, INTERRUPTED = "refused", "interrupted"
STATUSES = (BASELINE, KEPT, DISCARDED, FAILED, REFUSED, INTERRUPTED)
DIGITS = 6  # of a value: what is compared is what is written


@dataclass(frozen=True)
class Row:
    """An experiment.

    Attributes:
        experiment: its number; 0: the unchanged candidate, once for each seed
        commit: of its candidate
        value: of the headline; None where it was not trained to its end, and so of the next three
        mparams: parameters, millions
        gmac: multiply-accumulates of an image, 10^9
        minutes: of its training
        status: one of STATUSES
        by: the verb that made it: start, try or run
        description: what was tried
        reason: why it failed or was refused
    """

    experiment: int
    commit: str
    value: float | None = None
    mparams: float | None = None
    gmac: float | None = None
    minutes: float | None = None
    status: str = INTERRUPTED
    by: str = "try"
    description: str = ""
    reason: str = ""

    def line(self) -> str:
        """As it stands in the file."""
        words = [plain(self.description), plain(self.reason)]
        value = "" if self.value is None else f"{self.value:.{DIGITS}f}"
        cost = ["" if number is None else f"{number:.4f}" for number in (self.mparams, self.gmac)]
        minutes = "" if self.minutes is None else f"{self.minutes:.2f}"
        return "\t".join([str(self.experiment), self.commit[:12], value, *cost, minutes, self.status, self.by, *words])


def plain(text: str) -> str:
    """A text on one line, without tabs."""
    return " ".join(text.split())


def write_rows(path: Path, rows: list[Row], headline: str) -> None:
    """Write the file whole."""
    head = ["experiment", "commit", headline, "mparams", "gmac", "minutes", "status", "by", "description", "reason"]
    write_text(path, "\n".join(["\t".join(head), *(row.line() for row in rows)]) + "\n")


def read_rows(path: Path) -> list[Row]:
    """The rows of a file. Raises UserError where a line is none."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
        cells = line.split("\t")
        try:
            numbers = [float(cell) if cell else None for cell in cells[2:6]]
            row = Row(int(cells[0]), cells[1], *numbers, *cells[6:])
            if len(cells) != 10 or row.status not in STATUSES:
                raise ValueError
        except (ValueError, IndexError, TypeError) as error:
            raise UserError(f"{path} was changed: line {number} is no experiment: {line[:80]!r}. Mend it.") from error
        found.append(row)
    return found


def incumbent_of(rows: list[Row]) -> Row:
    """The best so far: the last that was kept, or the unchanged candidate with the seed of all experiments."""
    kept = [row for row in rows if row.status == KEPT]
    return kept[-1] if kept else rows[0]
