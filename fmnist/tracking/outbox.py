"""The outbox: bundles on disk that the tracking store does not hold yet, and how to record them."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlflow.exceptions import MlflowException

from fmnist.errors import InvalidInput
from fmnist.files import locked
from fmnist.tracking import runs
from fmnist.tracking.address import whole_address
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.failures import may_pass, reason
from fmnist.tracking.store import Store
from fmnist.training import bundle


def record_waiting(run: EntryRun, outbox: Path) -> tuple[int, list[str]]:
    """Record the bundles that earlier searches left in the outbox.

    The outbox has one folder per search, named by its run. Bundles are recorded below that run, or
    below `run` if the store does not know it. Folders of searches that still run are skipped, and
    so are bundles directly in the outbox, which a person put there.

    Returns how many bundles were recorded, and a line for each that stays, since it cannot be read
    or the store refuses it.
    """
    count, staying = 0, []
    folders = [path for path in outbox.glob("*") if path.is_dir()]
    for folder in sorted(path for path in folders if not (path / bundle.RECORD).is_file()):
        with claim(folder) as claimed:
            if claimed:
                recorded, left = _record_folder(run, folder)
                count += recorded
                staying += left
    return count, staying


def _record_folder(run: EntryRun, folder: Path) -> tuple[int, list[str]]:
    """Record the bundles of an earlier search, and remove its folder if none of them stays."""
    files = sorted(folder.glob("[!.]*/record.json"))  # a folder with a dot was never completed
    parent = _known_parent(run, folder.name) if files else ""
    staying = []
    for file in files:
        try:
            waiting = bundle.read(file.parent)
            if not _is_recorded(waiting, run.store):
                record_bundle(run.store, waiting, parent)
        except InvalidInput as error:
            staying.append(f"{file.parent}: {error}")
        except MlflowException as error:
            if may_pass(error):
                raise
            staying.append(f"{file.parent}: {reason(error)}")
        else:
            shutil.rmtree(file.parent)
    if not staying:
        shutil.rmtree(folder, ignore_errors=True)
    return len(files) - len(staying), staying


def _is_recorded(waiting: bundle.Bundle, store: Store) -> bool:
    """Whether the store holds this very bundle: `ingest` records waiting bundles and keeps them."""
    record = waiting.record
    known = runs.finished(store.trials_of_key(record.key))
    found = known.get(record.key)
    return bool(found and found.has_weights and found.end_time == record.timestamps[-1])


def _known_parent(run: EntryRun, run_id: str) -> str:
    """The run of an earlier search; the current run if the store was replaced since."""
    return run_id if run.store.with_id(run_id) else run.run_id


def record_bundle(store: Store, waiting: bundle.Bundle, parent: str) -> None:
    """Record one bundle as a child of a run; doing it twice changes nothing."""
    experiment_id = store.client.get_run(parent).info.experiment_id
    run_id = store.start_trial(waiting.record.request, parent, experiment_id)
    store.finish_trial(run_id, waiting)


def outbox() -> Path:
    """Where finished trials wait until the current store holds them, in one folder per search."""
    place = hashlib.sha256(whole_address().encode()).hexdigest()[:8]
    return _bundles() / place


def waiting_bundles() -> list[Path]:
    """The records (record.json) of all bundles that wait, for the current store or another."""
    return sorted(_bundles().glob("*/*/[!.]*/record.json"))


def checkpoints() -> Path:
    """Where unfinished trials keep their checkpoints, by key, the same for all stores."""
    return _bundles() / "checkpoints"


def _bundles() -> Path:
    return Path(os.environ.get("FMNIST_BUNDLE_DIR") or "bundles")


@contextmanager
def claim(folder: Path) -> Iterator[bool]:
    """Keep other processes away from a folder during the block.

    Yields False, without the claim, if another process has it. The folder is created if needed, and
    removed after the block if it is empty. A process that dies gives up its claims.
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
