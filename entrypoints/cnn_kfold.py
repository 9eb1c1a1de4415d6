"""Cross-validate the final CNN over five folds; each fold is also scored on the test set."""

from typing import Any

from entrypoints import arguments

PARAMETERS = (*arguments.SEARCH, "config")


def cross_validate(values: dict[str, Any]) -> bool:
    """Train the folds; returns whether all are done."""
    from fmnist.console import open_console
    from fmnist.tracking.store import open_store

    store = open_store()
    from entrypoints.cross_validation import run_folds  # Keras, once the store is known to answer
    from entrypoints.finals import usual_config

    options = arguments.options(values)
    config = values["config"] or usual_config(options)
    return run_folds(options, config, store, open_console())


if __name__ == "__main__":
    arguments.run(PARAMETERS, cross_validate)
