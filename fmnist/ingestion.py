"""Bring bundles that were trained elsewhere into MLflow."""

from pathlib import Path

from fmnist import bundle, records
from fmnist.bundle import RECORD, Bundle
from fmnist.config import InvalidInput
from fmnist.entry_runs import EntryRun
from fmnist.recorder import record_bundle


def find(path: Path) -> list[Bundle]:
    """All bundles at or below a folder, each verified.

    Raises:
        InvalidInput: if there are none, or one is damaged.
    """
    found = [bundle.read(file.parent) for file in sorted(path.rglob(RECORD))]
    if not found:
        raise InvalidInput(
            f"path={path}: no bundle there; accepted is a folder with {RECORD} files"
        )
    return found


def record_new(found: list[Bundle], run: EntryRun) -> int:
    """Record the bundles whose key is not done yet; returns how many those are."""
    done = records.finished(run.store.trials())
    new = {left.record.key: left for left in found if left.record.key not in done}
    for left in new.values():
        record_bundle(run.store, left, run.run_id)
    return len(new)
