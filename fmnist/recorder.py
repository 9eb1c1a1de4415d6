"""Record trials while they run, without making training wait for the tracking store.

One thread sends everything, in order. While the store is away live curves are dropped and finished
bundles wait on disk; each is recorded, with its whole curves, once the store is back.
"""

import queue
import shutil
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from mlflow.exceptions import MlflowException
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from fmnist import bundle
from fmnist.events import EpochEnded, Event, Failed, Finished, Killed, Started
from fmnist.tracking import EntryRun, Store

# What a store that is away raises; a later try may succeed.
AWAY = (MlflowException, RequestException, SQLAlchemyError, OSError)
RETRY_SECONDS = 2.0
LAST_TRY_SECONDS = 10.0


class Recorder:
    """A listener that writes trials below one run of the store.

    A context manager: leaving it waits until everything is recorded or the store stays away;
    `unrecorded` then says how many trials wait on disk, `error` why.
    """

    def __init__(self, run: EntryRun) -> None:
        self.unrecorded = 0
        self.error = ""
        self._run = run
        self._run_ids: dict[tuple[str, int], str] = {}
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._endings: deque[Finished | Failed | Killed] = deque()
        self._try_again_at = 0.0
        self._thread = threading.Thread(target=self._work, name="recorder")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._events.put(None)
        self._thread.join()
        self.unrecorded = len(self._endings)

    def __call__(self, event: Event) -> None:
        """Take note of an event; returns at once."""
        self._events.put(event)

    def _work(self) -> None:
        while (event := self._next_event()) is not None:
            if isinstance(event, Started | EpochEnded):
                self._attempt(event)
            elif not isinstance(event, _Nothing):
                self._endings.append(event)
            self._send_endings()
        give_up_at = time.monotonic() + LAST_TRY_SECONDS
        while self._endings and time.monotonic() < give_up_at:
            self._try_again_at = 0.0
            self._send_endings()
            time.sleep(RETRY_SECONDS if self._endings else 0)

    def _next_event(self) -> "Event | _Nothing | None":
        """The next event; None at the end; nothing if it is time to try again what waits."""
        try:
            return self._events.get(timeout=RETRY_SECONDS if self._endings else None)
        except queue.Empty:
            return _Nothing()

    def _send_endings(self) -> None:
        while self._endings and self._attempt(self._endings[0]):
            self._endings.popleft()

    def _attempt(self, event: Event) -> bool:
        """Send one event; False, and no other try for a moment, if the store is away."""
        if time.monotonic() < self._try_again_at:
            return False
        try:
            self._send(event)
        except AWAY as error:
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]
            self._try_again_at = time.monotonic() + RETRY_SECONDS
            return False
        return True

    def _send(self, event: Event) -> None:
        store, key = self._run.store, (event.request.trial.key, event.request.attempt)
        if key not in self._run_ids:
            self._run_ids[key] = store.start_trial(
                event.request, self._run.run_id, self._run.experiment_id
            )
        run_id = self._run_ids[key]
        match event:
            case EpochEnded(epoch=epoch, logs=logs, timestamp=timestamp):
                store.log_epoch(run_id, epoch, logs, timestamp)
            case Finished(bundle=left):
                store.finish_trial(run_id, left)
                shutil.rmtree(left.folder)
            case Failed(traceback=text):
                store.close(run_id, "FAILED", text)
            case Killed():
                store.close(run_id, "KILLED")
        if isinstance(event, Finished | Failed | Killed):
            del self._run_ids[key]


class _Nothing:
    """No event came for a while."""


def record_waiting(store: Store, bundles: Path) -> int:
    """Record the bundles that earlier searches left in the outbox; returns how many.

    They lie in one folder per parent run, and are recorded below it.
    """
    count = 0
    for folder in sorted(bundles.glob("*/*/record.json")):
        waiting = bundle.read(folder.parent)
        record_bundle(store, waiting, parent=folder.parent.parent.name)
        shutil.rmtree(folder.parent)
        count += 1
    return count


def record_bundle(store: Store, waiting: bundle.Bundle, parent: str) -> None:
    """Record one bundle below a run; doing it twice changes nothing."""
    experiment_id = store.client.get_run(parent).info.experiment_id
    run_id = store.start_trial(waiting.record.request, parent, experiment_id)
    store.finish_trial(run_id, waiting)
