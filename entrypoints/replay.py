"""Train a recorded trial again, and say whether the result is the same, bit for bit."""

from typing import Any

from entrypoints import arguments
from fmnist.errors import InvalidInput

PARAMETERS = ("run",)


def replay(values: dict[str, Any]) -> bool:
    """Replay a trial; that its numbers drift is a result too."""
    if not values["run"]:
        raise InvalidInput(f"run={arguments.NONE}: accepted is the run of a finished trial")
    from fmnist.console import open_console
    from fmnist.tracking.store import open_store

    store = open_store()
    from entrypoints.replaying import replay  # Keras, once the store is known to answer

    replay(values["run"], store, open_console())
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, replay)
