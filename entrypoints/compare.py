"""Build the study's tables from MLflow: to the terminal, as artifacts, and into a folder."""

from typing import Any

from entrypoints import arguments
from fmnist.errors import InvalidInput

PARAMETERS = ("preset", "epochs", "seed", "precision", "output")


def compare(values: dict[str, Any]) -> bool:
    """Print and log the tables."""
    from fmnist.console import open_console
    from fmnist.results import comparison, folder, mlflow_pages
    from fmnist.results.export import collect
    from fmnist.study.options import command
    from fmnist.tracking import runs
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    if values["output"] and values["output"].exists() and not values["output"].is_dir():
        raise InvalidInput(f"output={values['output']}: accepted is a folder, or none")
    options, store, console = arguments.options(values), open_store(), open_console()
    with entry_run(store, "compare", "compare", {runs.PRESET: options.preset}) as run:
        tables = comparison.compare(store, options)
        comparison.show(tables, console)
        folder.log(tables, run)
        store.describe(run.run_id, mlflow_pages.of_comparison(tables, options))
        if values["output"]:
            collect.write(values["output"] / collect.NAME, tables, store)
            folder.write(tables, values["output"], store)
    if tables.empty:
        again = command("main", options)
        console.print(f"Nothing is recorded for this preset, epochs and seed; run: {again}")
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, compare)
