"""Serve the model in Production over HTTP, on 127.0.0.1, by MLflow's own scoring server."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("model", "port")


def serve(values: dict[str, Any]) -> bool:
    """Serve until stopped."""
    from fmnist.tracking import open_store

    open_store()
    from fmnist import registry, serving  # Keras, once the store is known to answer

    serving.serve(registry.load(values["model"]), values["port"])
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, serve)
