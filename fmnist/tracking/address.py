"""Where things are kept: the tracking store's address, whether it answers, and to whom.

MLflow is imported where a server is asked: a database that cannot be used is refused without it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests
import sqlalchemy

from fmnist.errors import InvalidInput
from fmnist.files import locked
from fmnist.redaction import without_password, without_secrets

DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"
TIMEOUT_SECONDS = 5
POSTGRES_LOCK = 5_120_917  # any number that nobody else locks
DATABASES = ("postgresql", "mysql", "mssql")
# Needs the database of a tracking server, unlike /health.
LEAST_REQUEST = "/api/2.0/mlflow/experiments/search"


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


def user() -> str:
    """Who works here: as the tracking server knows them, or else the operating system."""
    return _login() or psutil.Process().username()


def _login() -> str:
    """The name that MLflow gives a tracking server, from its variables or its file; or nothing."""
    if not is_server(tracking_uri()):
        return ""
    from mlflow.utils.credentials import read_mlflow_creds

    return read_mlflow_creds().username or ""


def check_reachable(uri: str) -> None:
    """Make sure that the store answers and can be written, within seconds.

    Raises:
        InvalidInput: if not; the line shows no password.
    """
    kind = uri.partition(":")[0].partition("+")[0]  # of another case, SQLAlchemy knows none
    try:
        if is_server(uri):
            _check_server(uri)
        elif kind == "sqlite":
            _check_sqlite(uri)
        elif kind in DATABASES:
            _check_database(uri)
        else:
            raise InvalidInput(_refusal(uri, "accepted is sqlite:///, postgresql:// or http(s)://"))
    except (sqlalchemy.exc.SQLAlchemyError, sqlite3.Error) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise InvalidInput(_refusal(uri, f"cannot be used ({kind})")) from None


def is_server(uri: str) -> bool:
    """Whether the store is a tracking server, and no database of our own."""
    return urlsplit(uri).scheme in ("http", "https")


def is_local(uri: str) -> bool:
    """Whether the store is a file of one person's, and no database or server of a team."""
    return uri.startswith("sqlite:")


def ask_server(uri: str) -> requests.Response:
    """A tracking server's answer, which is an experiment where it lets us in.

    The request is MLflow's own, so that every login, certificate and plugin of MLflow's counts.

    Raises:
        InvalidInput: if it does not answer within seconds, or what it is to be told makes no sense.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    once = {"max_retries": 0, "raise_on_status": False, "timeout": TIMEOUT_SECONDS}
    try:
        creds, one = get_default_host_creds(uri), {"max_results": 1}
        answer: requests.Response = http_request(creds, LEAST_REQUEST, "GET", params=one, **once)
        return answer
    except ImportError as error:  # of a way to log in that needs a package of its own
        raise InvalidInput(_refusal(uri, f"needs the package {error.name}")) from None
    except (MlflowException, ValueError) as error:
        raise _unusable(uri, _short(error)) from None


def _check_server(uri: str) -> None:
    """Make sure that a tracking server lets us in, and is one."""
    answer = ask_server(uri)
    if not answer.ok:
        raise _unusable(uri, f"HTTP {answer.status_code}")
    if answer.text and not answer.text.startswith("{"):  # as a page to sign in at does
        raise _unusable(uri, "what answers is no MLflow server")


def _unusable(uri: str, reason: str) -> InvalidInput:
    """The refusal of a server; a proxy that is asked in its place is named."""
    proxies = requests.utils.get_environ_proxies(uri)
    if not requests.utils.select_proxy(uri, proxies):
        return InvalidInput(_refusal(uri, f"cannot be used ({reason})"))
    line = _refusal(uri, f"cannot be used through the proxy that HTTP_PROXY names ({reason})")
    return InvalidInput(line, f"NO_PROXY={urlsplit(uri).hostname} leaves the proxy out")


def _refusal(uri: str, reason: str) -> str:
    return f"MLFLOW_TRACKING_URI={without_password(uri)}: {reason}"


def _short(error: BaseException) -> str:
    """What kind of error MLflow's request met, or what MLflow says of what it was to send."""
    for cause in _causes(error):
        if isinstance(cause, requests.RequestException):
            return type(cause).__name__
    return without_secrets(str(error)).partition("\n")[0]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it was raised for."""
    while error:
        yield error
        error = error.__cause__ or error.__context__


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
