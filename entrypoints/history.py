"""List who was in Production, when, and why; puts stage and alias right where they disagree."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("model",)


def history(values: dict[str, Any]) -> bool:
    """Print a model's history."""
    from fmnist.console import open_console
    from fmnist.registry.history import align, history, read
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    name, store, console = values["model"], open_store(), open_console()
    repaired = align(store, name)
    with entry_run(store, "history", f"history {name}", {}):
        console.print(history(read(store, name)))
        if repaired:
            console.print(f"Put right: {repaired}", soft_wrap=True)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, history)
