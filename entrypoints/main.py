"""Run the whole study in order, and compare."""

from typing import Any

from entrypoints import arguments

PARAMETERS = arguments.SEARCH


def study(values: dict[str, Any]) -> bool:
    """Run every family and final; returns whether all are complete."""
    from fmnist.console import open_console
    from fmnist.tracking.store import open_store

    store = open_store()
    from entrypoints.study import run_study  # Keras, once the store is known to answer

    return run_study(arguments.options(values), store, open_console())


if __name__ == "__main__":
    arguments.run(PARAMETERS, study)
