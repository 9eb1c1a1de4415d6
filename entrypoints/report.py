"""Write the study's report: one HTML file, from MLflow, that needs nothing else."""

from pathlib import Path
from typing import Any

from entrypoints import arguments

PARAMETERS = ("preset", "epochs", "seed", "precision", "output")
DEFAULT = Path("report.html")


def report(values: dict[str, Any]) -> bool:
    """Write the report and log it."""
    from fmnist.console import open_console
    from fmnist.report import page
    from fmnist.tracking import runs
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    path = values["output"] or DEFAULT
    page.check_writable(path)
    options, store, console = arguments.options(values), open_store(), open_console()
    with entry_run(store, "report", "report", {runs.PRESET: options.preset}) as run:
        page.write(path, options, store)
        store.client.log_artifact(run.run_id, str(path))
    console.print(f"Report: {path.resolve()}", soft_wrap=True)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, report)
