"""What a validator finds: a list of checks in plain words, each with its complaints."""

from pathlib import Path

from pipeline.errors import UserError, offenders

SHOWN = 50  # complaints listed, of however many


class Findings(dict[str, list[str] | None]):
    """Complaints by check, in the order of the checks; None for a check that an earlier one kept from being made."""

    def __init__(self, checks: tuple[str, ...]) -> None:
        super().__init__(dict.fromkeys(checks))
        self.notes: list[str] = []  # what is valid by the letter, and odd

    def begin(self, *checks: str) -> None:
        """Say that checks are being made."""
        self.update({check: [] for check in checks})

    @property
    def complaints(self) -> list[str]:
        """All complaints, in the order of the checks."""
        return [complaint for found in self.values() for complaint in found or []]

    def refuse(self, path: Path) -> None:
        """Raise UserError with every complaint, if there is any."""
        if self.complaints:
            listed = offenders(self.complaints, SHOWN)
            raise UserError(f"{path} is not a valid submission, {len(self.complaints)} complaints:\n{listed}")
