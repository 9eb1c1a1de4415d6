"""Bundles on disk that the tracking store does not hold yet, and how they get into it."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fmnist.errors import InvalidInput
from fmnist.files import locked
from fmnist.tracking import runs
from fmnist.tracking.address import _whole_address
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.store import Store
from fmnist.training import bundle


def record_waiting(run: EntryRun, outbox: Path) -> tuple[int, list[str]]:
    """Record the bundles that earlier searches left in the outbox.

    Returns how many, and what stays there, since it cannot be read: a line each.
    They lie in one folder per run, and are recorded below that run: below this one if the store
    does not know it. What belongs to a search that is at work is left to it, and what is a bundle
    itself to who put it there.
    """
    count, unreadable = 0, []
    folders = [path for path in outbox.glob("*") if path.is_dir()]
    for folder in sorted(path for path in folders if not (path / bundle.RECORD).is_file()):
        with claim(folder) as claimed:
            if claimed:
                recorded, left = _record_folder(run, folder)
                count += recorded
                unreadable += left
    return count, unreadable


def _record_folder(run: EntryRun, folder: Path) -> tuple[int, list[str]]:
    """Record the bundles of an earlier search, and remove its folder if none stays."""
    files = sorted(folder.glob("[!.]*/record.json"))  # with a dot: never completed
    parent = _known_parent(run, folder.name) if files else ""
    unreadable = []
    for file in files:
        try:
            waiting = bundle.read(file.parent)
        except InvalidInput as error:
            unreadable.append(f"{file.parent}: {error}")
            continue
        if not _is_recorded(waiting, run.store):
            record_bundle(run.store, waiting, parent)
        shutil.rmtree(file.parent)
    if not unreadable:
        shutil.rmtree(folder, ignore_errors=True)
    return len(files) - len(unreadable), unreadable


def _is_recorded(waiting: bundle.Bundle, store: Store) -> bool:
    """Whether the store holds this very bundle: `ingest` records what waits, and leaves it."""
    record = waiting.record
    known = runs.finished(store.trials(f"tags.`{runs.KEY}` = '{record.key}'"))
    found = known.get(record.key)
    return bool(found and found.has_weights and found.end_time == record.timestamps[-1])


def _known_parent(run: EntryRun, run_id: str) -> str:
    """The run of an earlier search; this one if the store was replaced since."""
    return run_id if run.store.with_id(run_id) else run.run_id


def record_bundle(store: Store, waiting: bundle.Bundle, parent: str) -> None:
    """Record one bundle below a run; doing it twice changes nothing."""
    experiment_id = store.client.get_run(parent).info.experiment_id
    run_id = store.start_trial(waiting.record.request, parent, experiment_id)
    store.finish_trial(run_id, waiting)


def outbox() -> Path:
    """Where finished trials wait until the current store holds them: a folder for each search."""
    place = hashlib.sha256(_whole_address().encode()).hexdigest()[:8]
    return _bundles() / place


def waiting_bundles() -> list[Path]:
    """The records of bundles that wait for any store, each in the folder of its search."""
    return sorted(_bundles().glob("*/*/[!.]*/record.json"))


def checkpoints() -> Path:
    """Where trials that are not finished keep their progress, by key, whatever the store."""
    return _bundles() / "checkpoints"


def _bundles() -> Path:
    return Path(os.environ.get("FMNIST_BUNDLE_DIR") or "bundles")


@contextmanager
def claim(folder: Path) -> Iterator[bool]:
    """Keep other processes away from a folder during the block; False if another one has it.

    A folder that is empty after the block goes. A process that dies gives up its claims.
    """
    lock = folder.with_name(f"{folder.name}.lock")
    with locked(lock, wait=False) as held:
        if not held:
            yield False
            return
        folder.mkdir(exist_ok=True)
        try:
            yield True
        finally:
            with suppress(OSError):
                folder.rmdir()
            if not folder.exists():
                lock.unlink(missing_ok=True)
