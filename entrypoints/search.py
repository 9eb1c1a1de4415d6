"""What the families' entry points share: search the family of that name."""

from typing import Any, NoReturn

from entrypoints import arguments

PARAMETERS = (*arguments.SEARCH, "grid", *arguments.STRATEGY)


def main(family: str) -> NoReturn:
    """Search a family as the command line says, and exit."""
    arguments.run(PARAMETERS, lambda values: search(family, values))


def search(family: str, values: dict[str, Any]) -> bool:
    """Search a family; returns whether all that was to be tried is done."""
    from fmnist.console import open_console
    from fmnist.search.strategies import check
    from fmnist.study.families import get
    from fmnist.tracking.store import open_store

    options = arguments.options(values)
    check(get(family), options)
    store = open_store()
    from entrypoints.family_search import run_family  # Keras, once nothing is left to be refused

    return run_family(family, options, store, open_console()).complete
