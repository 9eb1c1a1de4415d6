"""Record what was trained elsewhere, bundles or an export, as children of this entry's run."""

from typing import Any

from entrypoints import arguments

PARAMETERS = ("path",)


def ingest(values: dict[str, Any]) -> bool:
    """Record every bundle of a folder, or record of a file, that MLflow does not hold yet."""
    from entrypoints import ingestion
    from fmnist.console import open_console
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    found, store = ingestion.find(values["path"]), open_store()
    with entry_run(store, "ingest", "ingest", {}) as run:
        count = ingestion.record_new(found, run)
    counts = f"{count} recorded, {len(found) - count} known before"
    line = f"ingest: {len(found)} {ingestion.words(found)}, {counts}"
    open_console().print(line)
    return True


if __name__ == "__main__":
    arguments.run(PARAMETERS, ingest)
