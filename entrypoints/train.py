"""Train what `plan` wrote down, where there is no tracking store; `ingest` records it later."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("requests", "output")


def train(values: dict[str, Any]) -> bool:
    """Train the requests of a file that have no bundle in the folder yet."""
    from entrypoints import request_file
    from fmnist.console import open_console
    from fmnist.errors import InvalidInput

    if not values["requests"]:
        raise InvalidInput("requests=none: needed is a file that plan writes, by requests=FILE")
    if not values["output"]:
        raise InvalidInput("output=none: needed is a folder for the bundles, by output=FOLDER")
    requests = request_file.read(values["requests"])
    from entrypoints import elsewhere  # Keras, once there is something to train

    return elsewhere.train(requests, values["output"], open_console())


if __name__ == "__main__":
    arguments.run(PARAMETERS, train)
