"""Create the tracking store's tables, so that many `mlflow run` can start at once afterwards."""

from typing import Any

from fmnist.redaction import without_password
from fmnist.tracking.address import tracking_uri
from fmnist.tracking.store import open_store


def run(_values: dict[str, Any]) -> bool:
    """Open the store, which creates missing tables."""
    open_store()
    print(f"init: {without_password(tracking_uri())} is ready")
    return True
