"""Write the study's report: one HTML file, from MLflow, that needs nothing else."""

from typing import Any

from entrypoints import parameters
from fmnist.console import open_console
from fmnist.report import page
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import open_store


def run(values: dict[str, Any]) -> bool:
    """Write the report and log it."""
    path = values["output"]
    page.check_writable(path)
    options, store, console = parameters.options(values), open_store(), open_console()
    with entry_run(store, "report", "report", {runs.PRESET: options.preset}) as opened:
        page.write(path, options, store)
        opened.log_files(path)
    console.print(f"Report: {path.resolve()}", soft_wrap=True)
    return True
