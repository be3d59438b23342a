"""search worker: a hand for a search that runs elsewhere, on this machine or another."""

from pathlib import Path

from pipeline.progress import say
from pipeline.run_folder import find_data
from pipeline.search.study import joined
from pipeline.search.trial import Sets
from pipeline.search.work import checked, helped
from pipeline.tracks import track_named


def search_worker(study: str, run: str, data: Path | None = None, patience: float = 60) -> int:
    """Train tries of a search that was begun with the same --study and --run, until it has ended.

    Any number may work at once. This machine's images and code must be those that the search was begun with. Killed
    anywhere, only the try at work is lost, and trained again by another.

    Args:
        study: URL of the database, such as sqlite:////mnt/shared/study.db or postgresql+pg8000://user@host/name
        run: name of the search
        data: folder of the data set
        patience: minutes without a try to train, after which it ends by itself

    Raises:
        UserError: no such study, a database that cannot be reached, or other images or code than the search's

    Example:
        ./run.sh search worker --study postgresql+pg8000://me@host/studies --run search-tune --data data/sim

    Returns:
        How many tries it took.
    """
    at_work, terms = joined(study, run)
    track = track_named(terms.track)
    rows = Sets.of(track, find_data(data))
    checked(terms, rows)
    taken = helped(at_work, terms, rows, patience)
    say(f"worker: {taken} tries taken")
    return taken
