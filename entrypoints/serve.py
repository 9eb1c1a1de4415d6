"""Serve the model in Production over HTTP, on 127.0.0.1, by MLflow's own scoring server."""

import socket
from typing import Any

from fmnist.errors import InvalidInput
from fmnist.tracking.store import open_store

HOST = "127.0.0.1"  # the server knows no users
NAMES = (HOST, "localhost")


def run(values: dict[str, Any]) -> bool:
    """Serve until stopped."""
    check_free(values["port"])
    from fmnist.registry import registry, serving, try_page  # Keras, once the port can be had

    store, name, port = open_store(), values["model"], values["port"]
    version = registry.find(store, name, registry.STAGE)
    model = registry.load(name, str(version.version), store)
    print(f"Try {name} version {version.version} at http://{HOST}:{port}", flush=True)
    serving.serve(model, try_page.about(store, version), HOST, port, NAMES)
    return True


def check_free(port: int) -> None:
    """Refuse a port that cannot be had, before a model is loaded for it.

    Raises:
        InvalidInput: if it is taken, or not ours to take.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise InvalidInput(f"port={port}: {error.strerror}; accepted is a free port") from None
