"""download: the real data set from its hub."""

from pathlib import Path

from huggingface_hub import snapshot_download

from pipeline.errors import UserError, command
from pipeline.progress import say

REPOSITORY = "CVI2-UniLU/SPARK-2026"  # CC-BY-4.0, University of Luxembourg


def download(out: Path = Path("data/spark2026"), repository: str = REPOSITORY) -> Path:
    """Fetch the SPARK 2026 set from the Hugging Face hub. An interrupted download goes on.

    Args:
        out: folder to put it in
        repository: data set on the hub

    Example:
        ./run.sh download --out data/spark2026

    Returns:
        The folder.
    """
    try:
        snapshot_download(repository, repo_type="dataset", local_dir=out)
    except Exception as error:  # the hub's client fails in many ways: network, licence, disk
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"could not fetch {repository}: {reason}. It can be tried again and goes on. By hand: "
            "see data/README.md. Without a network: `./run.sh simulate`."
        ) from error
    say(f"in {out}. Next: {command('index', '--data', out)}")
    return out
