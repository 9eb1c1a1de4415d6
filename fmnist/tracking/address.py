"""Where things are kept: the tracking store's address, and whether it answers; no MLflow."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import sqlalchemy

from fmnist.errors import InvalidInput
from fmnist.files import locked
from fmnist.redaction import without_password

DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"
TIMEOUT_SECONDS = 5
POSTGRES_LOCK = 5_120_917  # any number that nobody else locks
DATABASES = ("postgresql", "mysql", "mssql")
TRACKING_VARIABLES = (
    "USERNAME", "PASSWORD", "TOKEN", "INSECURE_TLS", "SERVER_CERT_PATH", "CLIENT_CERT_PATH",
)  # fmt: skip


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, or a SQLite file in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI


def _whole_address() -> str:
    """What tells the current store from others, from whatever folder; no password."""
    uri = tracking_uri()
    return str(sqlite_file(uri)) if uri.startswith("sqlite:///") else without_password(uri)


def sqlite_file(uri: str) -> Path:
    """The file of a SQLite store; its address may have the path in percent encoding.

    Raises:
        InvalidInput: if the address names no file.
    """
    if not (database := sqlalchemy.make_url(uri).database):
        raise InvalidInput(_refusal(uri, "names no file"))
    return Path(database).absolute()


def check_reachable(uri: str) -> None:
    """Make sure that the store answers and can be written, within seconds.

    Raises:
        InvalidInput: if not; the line shows no password.
    """
    kind = uri.partition(":")[0].partition("+")[0]
    try:
        if is_server(uri):
            ask_server(uri).raise_for_status()
        elif kind == "sqlite":
            _check_sqlite(uri)
        elif kind in DATABASES:
            _check_database(uri)
        else:
            raise InvalidInput(_refusal(uri, "accepted is sqlite:///, postgresql:// or http(s)://"))
    except (requests.RequestException, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise InvalidInput(_refusal(uri, f"cannot be used ({_short(error)})")) from None


def is_server(uri: str) -> bool:
    """Whether the store is a tracking server, and no database of our own."""
    return uri.startswith(("http://", "https://"))


def ask_server(uri: str) -> requests.Response:
    """A tracking server's answer to a request that reads its database, unlike /health."""
    address = f"{uri}/api/2.0/mlflow/experiments/search?max_results=1"
    return requests.get(address, timeout=TIMEOUT_SECONDS, **_identification())


def _refusal(uri: str, reason: str) -> str:
    return f"MLFLOW_TRACKING_URI={without_password(uri)}: {reason}"


def _short(error: Exception) -> str:
    """What kind of error it was; its text can hold the address with its password."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    cause = getattr(error, "orig", None) or error
    return type(cause).__name__


def _identification() -> dict[str, Any]:
    """Who we are and whom we trust, from MLflow's variables, as MLflow's own requests say it."""
    given = {name: os.environ.get(f"MLFLOW_TRACKING_{name}") for name in TRACKING_VARIABLES}
    options: dict[str, Any] = {"cert": given["CLIENT_CERT_PATH"]}
    if given["USERNAME"] and given["PASSWORD"]:
        options["auth"] = (given["USERNAME"].encode(), given["PASSWORD"].encode())
    elif given["TOKEN"]:
        options["headers"] = {"Authorization": f"Bearer {given['TOKEN']}"}
    insecure = (given["INSECURE_TLS"] or "").lower() in ("true", "1")
    return options | {"verify": given["SERVER_CERT_PATH"] or not insecure}


def _check_sqlite(uri: str) -> None:
    path = sqlite_file(uri)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InvalidInput(_refusal(uri, "the file cannot be written"))
    if path.exists():
        with sqlite3.connect(path, timeout=TIMEOUT_SECONDS) as connection:
            connection.execute("PRAGMA schema_version")


def _check_database(uri: str) -> None:
    arguments = {"connect_timeout": TIMEOUT_SECONDS} if "mssql" not in uri else {}
    try:
        engine = sqlalchemy.create_engine(uri, connect_args=arguments)
    except ImportError as error:
        raise InvalidInput(_refusal(uri, f"needs the package {error.name}")) from None
    with engine.connect():
        pass
    engine.dispose()


@contextmanager
def initialisation_lock(uri: str) -> Iterator[None]:
    """Let one process at a time open a database: the first one makes its tables."""
    if uri.startswith("sqlite:///"):
        path = sqlite_file(uri)
        with locked(path.with_name(f"{path.name}.lock"), wait=True):
            yield
    elif uri.startswith("postgresql"):
        engine = sqlalchemy.create_engine(uri)
        with engine.connect() as connection:  # the lock ends with the connection
            connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({POSTGRES_LOCK})"))
            yield
        engine.dispose()
    else:
        yield
