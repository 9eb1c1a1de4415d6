"""What the fault tests share: processes that are sure to end, waiting, and counting trials."""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fmnist.tracking import runs
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store

Found = TypeVar("Found")

# Three trials of some seconds each, long enough to be hit in the middle; one graph for all.
THREE = ("--preset", "smoke", "--epochs", "30", "--grid", "three.yaml")


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed at the end of the block, if it has not ended by itself."""
    try:
        yield process
    finally:
        process.kill()
        print(*filter(None, process.communicate()), sep="\n")  # for people, when a test fails


def until(condition: Callable[[], Found], seconds: float = 90) -> Found:
    """Wait until a condition holds; returns what it gave."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"did not happen within {seconds} seconds")


def in_a_trial(store: Store, finished: int = 0) -> Callable[[], RunRecord | None]:
    """A condition: so many trials are finished, and the next one has trained an epoch."""

    def condition() -> RunRecord | None:
        trials = store.trials()
        if len(runs.finished(trials)) < finished:
            return None
        # A summary is recorded of a trial that has ended.
        at_work = (
            run for run in trials if run.status == "RUNNING" and "epochs_run" not in run.metrics
        )
        return next((run for run in at_work if "loss" in run.metrics), None)

    return condition


def done(store: Store, count: int) -> Callable[[], bool]:
    """A condition: so many trials are finished."""
    return lambda: len(runs.finished(store.trials())) >= count


def nothing_runs(store: Store) -> bool:
    """Whether every run is closed."""
    return not store.runs("attributes.status = 'RUNNING'")


def process_of(run: RunRecord) -> int:
    """The number of the process that made a run."""
    return int(run.tags[runs.OWNER].split()[2])


def statuses(store: Store) -> Counter[str]:
    """How many runs of trials there are, by status."""
    return Counter(run.status for run in store.trials())


def run_ids(store: Store) -> dict[str, str]:
    """The run that counts for each finished key."""
    return {key: run.run_id for key, run in runs.finished(store.trials()).items()}
