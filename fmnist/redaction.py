"""Remove passwords from addresses and messages before they are printed."""

import os
import re
from urllib.parse import unquote

# A user's password reaches from the first colon to the last @: it may hold both unescaped.
USER_PASSWORD = re.compile(r"(//[^\s:/]*:)(\S*)(?=@)")
QUERY_PASSWORD = re.compile(r"([?&][^\s=&]*password[^\s=&]*=)([^\s&#]*)", re.IGNORECASE)
PASSWORDS = (USER_PASSWORD, QUERY_PASSWORD)
VARIABLES = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def without_password(address: str) -> str:
    """The address with each password replaced by ***."""
    for pattern in PASSWORDS:
        address = pattern.sub(r"\1***", address)
    return address


def without_secrets(text: str) -> str:
    """Another package's message without the current store's passwords and token."""
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    written = [found[2] for pattern in PASSWORDS for found in pattern.finditer(address)]
    given = [os.environ.get(name, "") for name in VARIABLES]
    for secret in filter(None, [*written, *map(unquote, written), *given]):
        text = text.replace(secret, "***")
    return without_password(text)
