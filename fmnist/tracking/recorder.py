"""Record trials while they run, so that training never waits for the tracking store.

One thread sends everything, trial by trial in the order of their starts. While the store is away,
curves wait in memory and finished bundles on disk. They are recorded once it is back.
"""

import queue
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from fmnist.study.request import Request
from fmnist.tracking import source
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.failures import may_pass, reason
from fmnist.training.commit import commit
from fmnist.training.events import EpochEnded, Event, Failed, Finished, Killed

RETRY_SECONDS = 2.0
LAST_TRY_SECONDS = 10.0


@dataclass
class _Unsent:
    """The unsent events of one attempt at a trial; `run_id` is empty until the run is known."""

    run_id: str = ""
    epochs: list[EpochEnded] = field(default_factory=list)
    ending: Finished | Failed | Killed | None = None


class Recorder:
    """A listener that records trials as children of one run.

    It is a context manager: leaving it waits until everything is recorded, or gives up after 10
    seconds. Then `unrecorded` is the number of trials that wait on disk, and `error` says why.

    The run also keeps the uncommitted changes, once, since all its trials have the same code.
    """

    def __init__(self, run: EntryRun) -> None:
        self.error = ""
        self._run = run
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._trials: dict[Request, _Unsent] = {}
        self._try_again_at = 0.0
        self._changes_kept = False
        self._thread = threading.Thread(target=self._work, name="recorder")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._events.put(None)
        self._thread.join()

    @property
    def unrecorded(self) -> int:
        """The number of finished trials that the store does not hold yet."""
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
        """Wait for an event, then take all there are; False once the end was among them."""
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
        """Send everything; False if something could not be sent, and then pause the next try.

        A trial that the store refuses, rather than being away, does not hold up the others.
        """
        sent = True
        for request, trial in list(self._trials.items()):
            try:
                self._send_trial(request, trial)
            except Exception as error:  # any error: nothing is lost, and the search reports it
                self.error = reason(error)
                self._try_again_at = time.monotonic() + RETRY_SECONDS
                trial.run_id = ""  # the run may be gone: the next try finds or creates it again
                if may_pass(error):
                    return False
                sent = False
            else:
                if trial.ending:
                    del self._trials[request]
        return sent

    def _send_trial(self, request: Request, trial: _Unsent) -> None:
        store, parent = self._run.store, self._run
        if not self._changes_kept:
            source.keep_changes(store.client, parent.run_id)
            self._changes_kept = True
        trial.run_id = trial.run_id or store.start_trial(
            request, parent.run_id, parent.experiment_id, commit()
        )
        if isinstance(trial.ending, Finished):  # the bundle has all epochs
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
