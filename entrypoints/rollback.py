"""Put back the version that was in Production before the present one."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("model", "reason")


def roll_back(values: dict[str, Any]) -> bool:
    """Roll back, and print and record what was done."""
    from fmnist.console import open_console
    from fmnist.registry import history
    from fmnist.tracking import runs
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    name, store = values["model"], open_store()
    done = history.roll_back(store, name, values["reason"])
    tags = {history.DECISION: done, runs.DESCRIPTION: done}
    with entry_run(store, "rollback", f"rollback {name}", tags):
        open_console().print(f"rollback: {done}", soft_wrap=True)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, roll_back)
