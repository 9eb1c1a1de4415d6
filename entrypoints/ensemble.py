"""Average the probabilities of trials chosen on validation; read the test set once."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("preset", "seed", "members")


def ensemble(values: dict[str, Any]) -> bool:
    """Choose the members, freeze the choice, evaluate it."""
    from fmnist.console import open_console
    from fmnist.tracking.store import open_store

    options, store = arguments.options(values), open_store()
    from entrypoints.ensembles import run_ensemble  # Keras, once the store is known to answer

    run_ensemble(values["members"], options, store, open_console())
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, ensemble)
