"""What tests of registered models ask of a store."""

from fmnist.registry import history

NAME = "fmnist-mlp"


def in_production(store, name=NAME):
    """Who has the stage and the alias."""
    state = history.read(store, name)
    return state.staged, state.alias
