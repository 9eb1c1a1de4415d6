"""A database whose tables are of another version of MLflow than the one that is installed."""

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
    """Say what to do where MLflow, in the block, refuses a database for its tables' version.

    Raises:
        InvalidInput: if that is why.
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
    with suppress(CommandError):  # which is raised of what this MLflow does not know
        older = scripts.get_revision(found) is not None
    remedy = (
        f"make a backup, then: mlflow db upgrade {shown}"
        if older
        else "install that MLflow, or set MLFLOW_TRACKING_URI to another store"
    )
    age = "an older" if older else "a newer"
    raise InvalidInput(
        f"MLFLOW_TRACKING_URI={shown}: its tables are of {age} MLflow than {mlflow.__version__}",
        remedy,
    )


def _revision(uri: str) -> str | None:
    """Which version a database's tables are of; None if it has none."""
    engine = sqlalchemy.create_engine(uri)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return revision
