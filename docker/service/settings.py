"""Addresses of the service's parts, and the environment of the processes that use them.

Addresses come from variables, and secrets from files (see credentials.py); what is made here lives
in a process's environment only: in no file, no command line, no address.
"""

import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import credentials

# Sources of a model version: what the server keeps itself, and nothing that it would fetch.
SOURCES = r"^(mlflow-artifacts|runs|models):/(?!/)"
# A process works at 40 requests at a time, and each may hold a connection while it waits for a
# second: with MLflow's own 15 they would wait for each other.
CONNECTIONS, MORE_CONNECTIONS = 10, 40
LOGIN_CACHE_SECONDS = 60  # the longest that a changed password still works; checking one is slow
PERMISSIONS = """\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = {database}
admin_username = admin
authorization_function = authorise:authorise
auth_cache_ttl_seconds = {seconds}
"""


def database() -> str:
    """The database's address, `SERVICE_DATABASE`; the password comes by libpq's variable."""
    uri = os.environ.get("SERVICE_DATABASE", "postgresql+psycopg2://mlflow@db/mlflow")
    if urlsplit(uri).password:
        credentials.refuse("SERVICE_DATABASE: holds a password; accepted is an address without one")
    return uri


def artifacts() -> str:
    """Where all artifacts are, `SERVICE_ARTIFACTS`: a folder, or s3://BUCKET/FOLDER."""
    return os.environ.get("SERVICE_ARTIFACTS", "/data/artifacts")


def hosts() -> list[str]:
    """What the server may be called, `SERVICE_HOSTS`: names with ports, separated by commas.

    MLflow reads `10.*` as a pattern of names, so that 10.evil.com would pass. Browsers leave out a
    port that their scheme implies.
    """
    names = os.environ.get("SERVICE_HOSTS", "localhost:8080,127.0.0.1:8080,proxy:8080")
    if "*" in names:
        credentials.refuse(f"SERVICE_HOSTS={names}: accepted are exact names, without *")
    return [*names.split(","), *re.findall(r"([^,]+):(?:80|443)(?=,|$)", names)]


def use_credentials() -> None:
    """Put the secrets that MLflow reads into this process's environment."""
    os.environ |= {
        "PGPASSWORD": credentials.read("database_password"),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": credentials.read("flask_secret_key"),
        "MLFLOW_CRYPTO_KEK_PASSPHRASE": credentials.read("kek_passphrase"),
    }


def harden() -> None:
    """Put what MLflow is to do, and not to do, into this process's environment."""
    origins = [f"{scheme}://{host}" for host in hosts() for scheme in ("http", "https")]
    permissions = Path(tempfile.mkdtemp()) / "permissions.ini"
    permissions.write_text(
        PERMISSIONS.format(database=database(), seconds=LOGIN_CACHE_SECONDS), encoding="utf-8"
    )
    os.environ |= {
        "MLFLOW_AUTH_CONFIG_PATH": str(permissions),
        "MLFLOW_BASIC_AUTH_FAIL_CLOSED": "true",
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts()),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(origins),
        "MLFLOW_SERVER_X_FRAME_OPTIONS": "DENY",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX": SOURCES,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": str(CONNECTIONS),
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": str(MORE_CONNECTIONS),
        "PYTHONPATH": str(Path(__file__).parent),  # authorise.py
    }
