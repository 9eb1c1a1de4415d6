"""Serve the model in Production over HTTP on 127.0.0.1, by MLflow's own scoring server."""

import socket
from typing import Any

from fmnist.errors import InvalidInput
from fmnist.tracking.store import open_store

HOST = "127.0.0.1"  # only local, since the server has no logins


def run(values: dict[str, Any]) -> bool:
    """Serve the model until the process is stopped."""
    check_free(values["port"])
    from fmnist.registry import registry, serving  # here, since they import Keras

    serving.serve(registry.load(values["model"], store=open_store()), HOST, values["port"])
    return True


def check_free(port: int) -> None:
    """Make sure that a port is free, before a model is loaded for it.

    Raises:
        InvalidInput: if the port is in use, or the user may not use it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InvalidInput(f"port={port}: {error.strerror}; accepted is a free port") from None
