"""Addresses and messages, fit to be printed: nothing in them is a password."""

import os
import re
from urllib.parse import unquote

# A user's password: from the first colon to the last @, since it may hold either unescaped.
OF_USER = re.compile(r"(//[^\s:/]*:)(\S*)(?=@)")
IN_QUERY = re.compile(r"([?&][^\s=&]*password[^\s=&]*=)([^\s&#]*)", re.IGNORECASE)
VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def without_password(address: str) -> str:
    """An address as it is but for its passwords."""
    for pattern in (OF_USER, IN_QUERY):
        address = pattern.sub(r"\1***", address)
    return address


def without_secrets(text: str) -> str:
    """Another package's message, without what the current store is opened with."""
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    written = [found[2] for pattern in (OF_USER, IN_QUERY) for found in pattern.finditer(address)]
    given = [os.environ.get(name, "") for name in VARIABLES]
    for secret in filter(None, [*written, *map(unquote, written), *given]):
        text = text.replace(secret, "***")
    return without_password(text)
