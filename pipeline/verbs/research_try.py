"""research try: one experiment with candidate.py as it is edited."""

from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.research.experiment import opened, tried
from pipeline.research.ledger import REFUSED, Row
from pipeline.research.place import Place


def research_try(description: str, run: str = "research") -> Row:
    """Train candidate.py as it is edited, within the budget, and keep it if it beats the incumbent.

    Kept is what gains more than twice the spread of the unchanged recipe's seeds; anything else is undone, and its
    commit stays in results.tsv. Killed anywhere, the same command tries it again.

    Args:
        description: what is tried, in a few words
        run: name of the research

    Raises:
        UserError: no such research, a candidate that is the incumbent's, or other files edited, which are put back

    Example:
        ./run.sh research try "twice the learning rate"

    Returns:
        Its line in results.tsv.
    """
    place = Place.named(run)
    if not description.strip():
        raise UserError("--description is empty: say in a few words what is tried.")
    if not place.folder.is_dir():
        raise UserError(f"no research in {place.folder}: begin one with `./run.sh research start --run {run}`.")
    with alone_in(place.folder, "research try"):
        row = tried(place, *opened(place), description, "try")
    if row.status == REFUSED:
        raise UserError(f"refused: {row.reason}")
    return row
