"""Build the study's tables from MLflow: to the terminal, as artifacts, and into a folder."""

from typing import Any

from entrypoints import held, parameters
from fmnist.console import open_console
from fmnist.files import check_output
from fmnist.results import comparison, folder, mlflow_pages, terminal
from fmnist.results.export import collect
from fmnist.study.options import command
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import open_store


def run(values: dict[str, Any]) -> bool:
    """Print, log and write the tables."""
    output = values["output"]
    if output:
        check_output(output, "a folder", is_folder=True)
    store, console = open_store(), open_console()
    options = parameters.options(values)
    if not output:
        options = held.shown(options, store, console)
    tables = comparison.compare(store, options)
    if output and not tables.recorded.trials:
        raise held.nothing(options, store, output)  # which would replace what is there
    with entry_run(store, "compare", "compare", {runs.PRESET: options.preset}) as opened:
        terminal.show(tables, options, console, details=values["details"])
        folder.log(tables, opened)
        opened.describe(mlflow_pages.of_comparison(tables, options))
        if output:
            collect.write(output / collect.NAME, tables, store)
            folder.write(tables, output, store, options.preset)
    if tables.empty:
        again = command("main", options)
        asked = f"preset={options.preset}, epochs={options.epoch_limit}, seed={options.split_seed}"
        console.print(f"Nothing is recorded at {asked}; run: {again}", soft_wrap=True)
    return True
