"""The tracking store's address, whether it answers, and the user's name there.

MLflow is imported only to ask a server, so that an unusable database is refused quickly.
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
POSTGRES_LOCK = 5_120_917  # an arbitrary number for our advisory lock
DATABASES = ("postgresql", "mysql", "mssql")
# Unlike /health, this request fails when the server's database is gone.
LEAST_REQUEST = "/api/2.0/mlflow/experiments/search"


def tracking_uri() -> str:
    """The address in `MLFLOW_TRACKING_URI`, or of a SQLite file in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI


def whole_address() -> str:
    """The current store's address, absolute and without a password."""
    uri = tracking_uri()
    return str(sqlite_file(uri)) if uri.startswith("sqlite:///") else without_password(uri)


def sqlite_file(uri: str) -> Path:
    """The absolute path of a SQLite store's file; the address may be percent-encoded.

    Raises:
        InvalidInput: if the address names no file.
    """
    if not (database := sqlalchemy.make_url(uri).database):
        raise InvalidInput(_refusal(uri, "names no file"))
    return Path(database).absolute()


def user() -> str:
    """The user's name on the tracking server, or else in the operating system."""
    return _login() or psutil.Process().username()


def _login() -> str:
    """The user name that MLflow sends to a server, from its variables or its file; may be empty."""
    if not is_server(tracking_uri()):
        return ""
    from mlflow.utils.credentials import read_mlflow_creds

    return read_mlflow_creds().username or ""


def check_reachable(uri: str) -> None:
    """Make sure, within seconds, that the store answers and can be written.

    Raises:
        InvalidInput: if it does not; the message shows no password.
    """
    kind = uri.partition(":")[0].partition("+")[0]  # case matters, as it does for SQLAlchemy
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
    """Whether the store is a tracking server instead of a database."""
    return urlsplit(uri).scheme in ("http", "https")


def is_local(uri: str) -> bool:
    """Whether the store is a file of one person's, and no database or server of a team."""
    return uri.startswith("sqlite:")


def ask_server(uri: str) -> requests.Response:
    """A tracking server's answer to a search for one experiment, whatever its HTTP status.

    The request goes through MLflow's own client, so that MLflow's settings for logins, certificates
    and plugins apply.

    Raises:
        InvalidInput: if there is no answer within seconds, or MLflow's settings are invalid.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    once = {"max_retries": 0, "raise_on_status": False, "timeout": TIMEOUT_SECONDS}
    try:
        creds, one = get_default_host_creds(uri), {"max_results": 1}
        answer: requests.Response = http_request(creds, LEAST_REQUEST, "GET", params=one, **once)
        return answer
    except ImportError as error:  # some ways to log in need a package of their own
        raise InvalidInput(_refusal(uri, f"needs the package {error.name}")) from None
    except (MlflowException, ValueError) as error:
        raise _unusable(uri, _short(error)) from None


def _check_server(uri: str) -> None:
    """Make sure that the address is a tracking server's, and that it lets us in."""
    answer = ask_server(uri)
    if not answer.ok:
        raise _unusable(uri, f"HTTP {answer.status_code}")
    if answer.text and not answer.text.startswith("{"):  # a sign-in page, for example
        raise _unusable(uri, "it is not an MLflow server")


def _unusable(uri: str, reason: str) -> InvalidInput:
    """The refusal of a server; it says so if the request went through a proxy."""
    proxies = requests.utils.get_environ_proxies(uri)
    if not requests.utils.select_proxy(uri, proxies):
        return InvalidInput(_refusal(uri, f"cannot be used ({reason})"))
    line = _refusal(uri, f"cannot be used through the proxy that HTTP_PROXY names ({reason})")
    return InvalidInput(line, f"NO_PROXY={urlsplit(uri).hostname} avoids the proxy")


def _refusal(uri: str, reason: str) -> str:
    return f"MLFLOW_TRACKING_URI={without_password(uri)}: {reason}"


def _short(error: BaseException) -> str:
    """The name of the network error behind MLflow's error, else MLflow's message."""
    for cause in _causes(error):
        if isinstance(cause, requests.RequestException):
            return type(cause).__name__
    return without_secrets(str(error)).partition("\n")[0]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and the errors that caused it, outermost first."""
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
def initialization_lock(uri: str) -> Iterator[None]:
    """Let only one process at a time open a database, since the first one creates its tables."""
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
