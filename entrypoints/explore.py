"""Look at the data: the first 50 images with their labels, and the class balance, as figures."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("seed",)


def explore(values: dict[str, Any]) -> bool:
    """Log both figures and print the counts."""
    from entrypoints import exploration
    from fmnist.console import open_console
    from fmnist.data import fashion_mnist
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    fashion_mnist.load()  # refused before a run is created
    store = open_store()
    with entry_run(store, "explore", "explore", {}) as run:
        exploration.log_figures(run, arguments.options(values).split_seed, open_console())
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, explore)
