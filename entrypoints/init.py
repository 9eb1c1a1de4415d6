"""Prepare the tracking store: make its tables, so that many `mlflow run` may then start at once."""

from typing import Any

from fmnist.redaction import without_password
from fmnist.tracking.address import tracking_uri
from fmnist.tracking.store import open_store


def run(_values: dict[str, Any]) -> bool:
    """Open the store, which makes what is missing."""
    open_store()
    print(f"init: {without_password(tracking_uri())} is ready")
    return True
