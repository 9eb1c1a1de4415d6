"""Errors of a tracking store: which may pass, and what they come from."""

import errno

import requests
import sqlalchemy
from mlflow.exceptions import MlflowException

from fmnist.redaction import without_secrets

# What a store that is away, or full, raises; a later try may succeed.
AWAY = (MlflowException, requests.RequestException, sqlalchemy.exc.SQLAlchemyError, OSError)
# MLflow's words for what it refuses however often it is asked.
CERTAIN = ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_PARAMETER_VALUE", "BAD_REQUEST")
# Of files: what stays as it is until a person changes something.
STAYING = (
    errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG,
    errno.EROFS,
)  # fmt: skip


def reason(error: BaseException) -> str:
    """What an error comes from, in one line without secrets."""
    while cause := getattr(error, "orig", None) or error.__cause__:
        error = cause
    return without_secrets(f"{type(error).__name__}: {error}".splitlines()[0])


def may_pass(error: BaseException) -> bool:
    """Whether what failed with an error of `AWAY` may succeed when it is tried again.

    Not if the user lacks a right, a file is not there, or MLflow refused what it was asked. That a
    run is missing or was made by another process meanwhile may pass.
    """
    if isinstance(error, MlflowException):
        return error.error_code not in CERTAIN
    return getattr(error, "errno", None) not in STAYING
