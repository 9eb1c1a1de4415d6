"""Say what a family would run: its trials, what is done, what is missing, how long that takes."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("family", "preset", "epochs", "replicates", "seed", "precision", "grid")


def show(values: dict[str, Any]) -> bool:
    """Print the plan; trains nothing."""
    from fmnist import families, outlook, planning, records
    from fmnist.entry_runs import entry_run
    from fmnist.progress import open_console
    from fmnist.tracking import open_store

    options = arguments.options(values)
    plan = planning.plan_family(families.get(values["family"]), options)
    store = open_store()
    with entry_run(store, "plan", "plan", {records.PRESET: options.preset}):
        outlook.show(plan, records.finished(store.trials()), open_console())
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, show)
