"""What the finals' entry points share: select, evaluate on the test set, register, promote."""

from typing import Any, NoReturn

from entrypoints import arguments

PARAMETERS = (*arguments.SEARCH, "config")


def main(name: str) -> NoReturn:
    """Run a final as the command line says, and exit."""
    arguments.run(PARAMETERS, lambda values: final(name, values))


def final(name: str, values: dict[str, Any]) -> bool:
    """Run a final; returns whether all its replicates are there."""
    from fmnist.console import open_console
    from fmnist.study.families import FINALS
    from fmnist.tracking.store import open_store

    options, store = arguments.options(values), open_store()
    from entrypoints.finals import run_final, usual_config  # Keras, once the store answers

    config = values.get("config") or usual_config(options)  # one beyond the study takes none
    return run_final(FINALS[name], options, config, store, open_console())
