"""Record trials while they run, without making training wait for the tracking store.

One thread sends what there is to send, trial by trial in the order of their start. While the store
is away curves wait in memory and finished bundles on disk; each is recorded once it is back.
"""

import queue
import shutil
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from fmnist import bundle, records, storage
from fmnist.config import Request
from fmnist.entry_runs import EntryRun
from fmnist.events import EpochEnded, Event, Failed, Finished, Killed
from fmnist.tracking import Store, reason
from fmnist.validation import InvalidInput

RETRY_SECONDS = 2.0
LAST_TRY_SECONDS = 10.0


@dataclass
class _Unsent:
    """What the store does not hold yet of one attempt at a trial; `run_id` is empty before it."""

    run_id: str = ""
    epochs: list[EpochEnded] = field(default_factory=list)
    ending: Finished | Failed | Killed | None = None


class Recorder:
    """A listener that writes trials below one run of the store.

    A context manager: leaving it waits until everything is recorded or the store stays away;
    `unrecorded` then says how many trials wait on disk, `error` why.
    """

    def __init__(self, run: EntryRun) -> None:
        self.error = ""
        self._run = run
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._trials: dict[Request, _Unsent] = {}
        self._try_again_at = 0.0
        self._thread = threading.Thread(target=self._work, name="recorder")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._events.put(None)
        self._thread.join()

    @property
    def unrecorded(self) -> int:
        """How many finished trials the store does not hold yet."""
        return sum(isinstance(trial.ending, Finished) for trial in self._trials.values())

    def __call__(self, event: Event) -> None:
        """Take note of an event; returns at once."""
        self._events.put(event)

    def _work(self) -> None:
        while self._take():
            if time.monotonic() >= self._try_again_at:
                self._send()
        give_up_at = time.monotonic() + LAST_TRY_SECONDS
        while not self._send() and time.monotonic() < give_up_at:
            time.sleep(RETRY_SECONDS)

    def _take(self) -> bool:
        """Take every event there is, waiting for one; False if the last one was among them."""
        try:
            event = self._events.get(timeout=RETRY_SECONDS if self._trials else None)
            while event is not None:
                self._note(event)
                event = self._events.get_nowait()
        except queue.Empty:
            return True
        return False

    def _note(self, event: Event) -> None:
        trial = self._trials.setdefault(event.request, _Unsent())
        if isinstance(event, EpochEnded):
            trial.epochs.append(event)
        elif isinstance(event, Finished | Failed | Killed):
            trial.ending = event

    def _send(self) -> bool:
        """Send everything; False, and no other try for a moment, if the store does not take it."""
        for request, trial in list(self._trials.items()):
            try:
                self._send_trial(request, trial)
            except Exception as error:  # whatever it is: nothing is lost, and the search says so
                self.error = reason(error)
                self._try_again_at = time.monotonic() + RETRY_SECONDS
                trial.run_id = ""  # it may be gone: found or created again
                return False
            if trial.ending:
                del self._trials[request]
        return True

    def _send_trial(self, request: Request, trial: _Unsent) -> None:
        store, parent = self._run.store, self._run
        trial.run_id = trial.run_id or store.start_trial(
            request, parent.run_id, parent.experiment_id
        )
        if isinstance(trial.ending, Finished):  # the model's metrics are in its bundle
            store.log_epochs(trial.run_id, [replace(epoch, logs={}) for epoch in trial.epochs])
            store.finish_trial(trial.run_id, trial.ending.bundle)
            shutil.rmtree(trial.ending.bundle.folder, ignore_errors=True)
            return
        store.log_epochs(trial.run_id, trial.epochs)
        trial.epochs.clear()
        match trial.ending:
            case Failed(traceback=text):
                store.close(trial.run_id, "FAILED", text)
            case Killed():
                store.close(trial.run_id, "KILLED")


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
        with storage.claim(folder) as claimed:
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
    known = records.finished(store.trials(f"tags.`{records.KEY}` = '{record.key}'"))
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
