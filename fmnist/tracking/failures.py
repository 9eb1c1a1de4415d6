"""Errors of a tracking store: their causes, and whether a retry may help."""

import errno

import requests
import sqlalchemy
from mlflow.exceptions import MlflowException

from fmnist.redaction import without_secrets

# The errors that a store raises when it is away or full.
AWAY = (MlflowException, requests.RequestException, sqlalchemy.exc.SQLAlchemyError, OSError)
# MLflow's codes for requests that it refuses however often they are repeated.
CERTAIN = ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_PARAMETER_VALUE", "BAD_REQUEST")
# File errors that stay until a person changes something.
STAYING = (
    errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG,
    errno.EROFS,
)  # fmt: skip


def reason(error: BaseException) -> str:
    """The root cause of an error, in one line without secrets."""
    while cause := getattr(error, "orig", None) or error.__cause__:
        error = cause
    return without_secrets(f"{type(error).__name__}: {error}".splitlines()[0])


def may_pass(error: BaseException) -> bool:
    """Whether a retry may succeed after one of the errors in `AWAY`.

    It cannot if the user lacks a right, a file is missing, or MLflow refused the request. It may if
    a run was missing, or another process created it in the meantime.
    """
    if isinstance(error, MlflowException):
        return error.error_code not in CERTAIN
    return getattr(error, "errno", None) not in STAYING
