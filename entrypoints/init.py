"""Prepare the tracking store: its tables and its experiment; many `mlflow run` may then start."""

from typing import Any

from fmnist.redaction import without_password
from fmnist.tracking import home, views
from fmnist.tracking.address import is_server, tracking_uri
from fmnist.tracking.entry_run import mark_read_only
from fmnist.tracking.store import open_store

# Where `make ui` serves MLflow's pages of a store that is no server.
PAGES = "http://127.0.0.1:5000"


def run(_values: dict[str, Any]) -> bool:
    """Open the store, which makes what is missing, and the experiment that runs land in."""
    store, uri = open_store(), tracking_uri()
    opened = mark_read_only(store, "init")
    experiment_id = home.settle(store, opened.experiment_id if opened else None)
    pages = without_password(uri) if is_server(uri) else PAGES
    print(f"init: {without_password(uri)} is ready")
    print(f"The best trials: {pages}/{views.page('best-trials', experiment_id)}")
    return True
