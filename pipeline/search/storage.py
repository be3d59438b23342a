"""The database that a study lies in: SQLite, or any other that SQLAlchemy knows and a driver is installed for."""

import warnings

import optuna
import sqlalchemy
from optuna.storages import RDBStorage

from pipeline.errors import UserError, reason

BEAT_S, GRACE_S = 30, 120  # a worker that was silent for so long is dead, and its try is given to another
LOCKED_S = 60  # to wait for a SQLite file that another process writes to


def storage(url: str) -> RDBStorage:
    """The database of a URL, its tables made where they are missing.

    Raises:
        UserError: it cannot be reached, or its driver is not installed.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # its failures are told in our words
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # heartbeats, since 2021
    wait = {"connect_args": {"timeout": LOCKED_S}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    try:
        return RDBStorage(url, engine_kwargs=wait, heartbeat_interval=BEAT_S, grace_period=GRACE_S)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
        raise UserError(
            f"no driver for the study's storage {shown(url)}. For PostgreSQL `.venv/bin/pip install pg8000` and a URL "
            "that begins with postgresql+pg8000://. SQLite needs none: sqlite:////folder/study.db."
        ) from error
    except (sqlalchemy.exc.SQLAlchemyError, ValueError, OSError) as error:
        raise UserError(f"the study's storage {shown(url)} cannot be reached: {reason(error, 300)}") from error


def shown(url: str) -> str:
    """A URL without its password."""
    try:
        return sqlalchemy.engine.make_url(url).render_as_string()
    except sqlalchemy.exc.ArgumentError:
        return repr(url)
