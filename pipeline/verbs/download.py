"""download: the real data set from its hub."""

from pathlib import Path

from huggingface_hub import snapshot_download

from pipeline.errors import UserError, command
from pipeline.progress import say
from pipeline.run_folder import DATA
from pipeline.tracks import DEFAULT, track_named


def download(out: Path | None = None, track: str = DEFAULT, repository: str | None = None) -> Path:
    """Fetch a competition's data set from the Hugging Face hub. An interrupted download resumes.

    Args:
        out: folder to put it in; default: data/ and the track's name
        track: the competition
        repository: data set on the hub; default: the track's

    Raises:
        UserError: the set is not on the hub, or the hub or the disk fails; with what to do by hand

    Example:
        ./run.sh download --out data/real

    Returns:
        The folder.
    """
    repository = repository or track_named(track).hub
    if repository is None:
        raise UserError(f"the data set of track {track} is not on the Hugging Face hub. By hand: see data/README.md.")
    out = out or DATA / track
    try:
        snapshot_download(repository, repo_type="dataset", local_dir=out)
    except Exception as error:  # the hub's client fails in many ways: network, licence, disk
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"could not fetch {repository}: {reason}. Trying again resumes. By hand: "
            "see data/README.md. Without a network: `./run.sh simulate`."
        ) from error
    say(f"in {out}. Next: {command('index', '--data', out)}")
    return out
