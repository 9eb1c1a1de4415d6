"""Explain a database whose tables belong to another version of MLflow than the installed one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files

import mlflow
import sqlalchemy
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from mlflow.exceptions import MlflowException

from fmnist.errors import InvalidInput
from fmnist.redaction import without_password
from fmnist.tracking.address import is_server

MIGRATIONS = str(files("mlflow") / "store" / "db_migrations")


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Explain MLflow's error in the block if it comes from the version of the database's tables.

    Raises:
        InvalidInput: in place of MLflow's error, with what to do.
    """
    try:
        yield
    except (MlflowException, CommandError):
        if not is_server(uri):
            _refuse_another_version(uri)
        raise


def _refuse_another_version(uri: str) -> None:
    scripts, found = ScriptDirectory(MIGRATIONS), _revision(uri)
    if found in (None, scripts.get_current_head()):
        return
    older, shown = False, without_password(uri)
    with suppress(CommandError):  # a newer version, which this MLflow does not know
        older = scripts.get_revision(found) is not None
    remedy = (
        f"make a backup, then: mlflow db upgrade {shown}"
        if older
        else "install that MLflow, or set MLFLOW_TRACKING_URI to another store"
    )
    age = "an older" if older else "a newer"
    raise InvalidInput(
        f"MLFLOW_TRACKING_URI={shown}: its tables are from {age} MLflow than {mlflow.__version__}",
        remedy,
    )


def _revision(uri: str) -> str | None:
    """The version of a database's tables; None if it has no tables."""
    engine = sqlalchemy.create_engine(uri)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return revision
