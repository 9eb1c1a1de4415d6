"""Alerts: how a search ended, in one line, to the address in FMNIST_NOTIFY.

The address is in a variable and not in a parameter, which MLflow would print and store: it may hold
a password. Its forms are apprise's, for mail, chat and plain HTTP.
"""

import logging
import os
import sys
from typing import TYPE_CHECKING

from fmnist.errors import InvalidInput
from fmnist.redaction import without_secrets

if TYPE_CHECKING:
    from apprise import Apprise

ADDRESS = "FMNIST_NOTIFY"


def check() -> None:
    """Refuse an address that cannot be one, before a search begins whose end it should tell.

    Raises:
        InvalidInput: if the address has none of apprise's forms. It is not repeated.
    """
    if os.environ.get(ADDRESS) and not _recipient():
        raise InvalidInput(
            f"{ADDRESS}: not an address; accepted is one that apprise knows, such as "
            "json://HOST/PATH, mailto://USER:PASSWORD@HOST or slack://TOKENS"
        )


def tell(line: str) -> None:
    """Send a line to the address, if there is one. A failure is said, and changes nothing else."""
    if not os.environ.get(ADDRESS):
        return
    recipient = _recipient()
    if recipient and not recipient.notify(title="fmnist", body=without_secrets(line)):
        print(f"{ADDRESS}: the alert was not taken there", file=sys.stderr)


def _recipient() -> "Apprise | None":
    """Who is told; None where the address is none."""
    import apprise  # half a second, which those without an address need not wait for

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its warnings hold the address
    recipient = apprise.Apprise()
    return recipient if recipient.add(os.environ[ADDRESS]) else None
