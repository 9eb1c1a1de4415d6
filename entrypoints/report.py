"""Write the study's report: one HTML file, from MLflow, that needs nothing else."""

from typing import Any

from entrypoints import held, parameters
from fmnist.console import open_console
from fmnist.errors import check
from fmnist.files import can_be_written
from fmnist.report import page
from fmnist.results import closing
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import open_store


def run(values: dict[str, Any]) -> bool:
    """Write the report and log it; say what the study came to, and where the report is."""
    path = values["output"]
    check(can_be_written(path), "output", path, "a file that can be written")
    store, console = open_store(), open_console()
    options = held.shown(parameters.options(values), store, console)
    with entry_run(store, "report", "report", {runs.PRESET: options.preset}) as opened:
        compared = page.write(path, options, store)
        opened.log_files(path)
    for line in closing.of_study(compared.tables["summary"]):
        console.print(line, soft_wrap=True)
    console.print(f"Report: {path.resolve()}", soft_wrap=True)
    return True
