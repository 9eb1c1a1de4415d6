"""List who was in Production, when, and why; puts stage and alias right where they disagree."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("model",)


def history(values: dict[str, Any]) -> bool:
    """Print a model's history."""
    from fmnist import production
    from fmnist.entry_runs import entry_run
    from fmnist.progress import open_console
    from fmnist.tracking import open_store

    name, store, console = values["model"], open_store(), open_console()
    repaired = production.align(store, name)
    with entry_run(store, "history", f"history {name}", {}):
        console.print(production.history(production.read(store, name)))
        if repaired:
            console.print(f"Put right: {repaired}", soft_wrap=True)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, history)
