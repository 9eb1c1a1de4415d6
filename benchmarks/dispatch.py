"""Measure the cost of the search itself: keeping 64 workers busy, and recording a trial.

A simulated trial sleeps for a second, and leaves a copy of one trained trial's bundle.
"""

import argparse
import dataclasses
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray

from benchmarks import results, store
from benchmarks.results import Table
from fmnist.study import families, plan
from fmnist.study.options import Options
from fmnist.study.request import Request
from fmnist.tracking.store import Store, open_store
from fmnist.training import bundle, ray_executor, train
from fmnist.training.bundle import Bundle
from fmnist.training.events import EpochEnded, Event, Finished
from fmnist.training.executors import Workspace

NAME, COMMAND = "dispatch", "python -m benchmarks.dispatch"
TRIAL_SECONDS = 1.0
EPOCHS = 46  # the median of the study's tables


def train_template(folder: Path) -> Bundle:
    """Train one trial of preset smoke; returns its bundle."""
    planned = plan.plan_family(families.get("mlp_capacity"), Options(preset="smoke"))
    request = planned.requests[0]
    return train.train(request, folder / "bundle", folder / "none.npz", lambda *_: None)


def busy(template: Bundle, workers: int, rounds: int) -> float:
    """The fraction of the workers' time that trials fill, in `rounds` trials per worker."""
    files = {file.name: file.read_bytes() for file in template.folder.iterdir()}

    def simulate(
        request: Request, _data: Any, mailbox: Any, _checkpoints: Path
    ) -> dict[str, bytes]:
        begun = ray.get(mailbox.begin.remote(request))
        time.sleep(TRIAL_SECONDS)
        logs = {"val_sparse_categorical_accuracy": 0.5}
        mailbox.put.remote(EpochEnded(begun, 0, logs, time.time_ns() // 1_000_000))
        return files

    ray_executor.train_remotely = simulate
    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    warm_up(workers)
    dispatch(workers, workers)
    seconds = dispatch(workers, workers * rounds)
    ray.shutdown()
    return rounds * TRIAL_SECONDS / seconds


@ray.remote(num_cpus=0)
class Gate:
    """Counts the processes that have arrived."""

    def __init__(self) -> None:
        self._arrived: set[int] = set()

    def arrive(self, process: int) -> int:
        """Count a process by its number; returns how many have arrived."""
        self._arrived.add(process)
        return len(self._arrived)


def warm_up(workers: int) -> None:
    """Start all worker processes, with the modules that a trial imports."""
    gate: Any = Gate.remote()  # type: ignore[attr-defined]

    @ray.remote
    def hold() -> None:

        while ray.get(gate.arrive.remote(os.getpid())) < workers:
            time.sleep(1.0)

    ray.get([hold.remote() for _ in range(workers)])


def dispatch(workers: int, trials: int) -> float:
    """The seconds that simulated trials take, from the first request to the last bundle."""
    waiting = itertools.islice(store.requests(), trials)
    finished: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, Finished):
            finished.append(event)

    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder), Path(folder))
        conversation = ray_executor._Conversation(Options(workers=workers), listen, workspace)
        ray.get(conversation._mailbox.take.remote())  # its process has started
        started = time.perf_counter()
        conversation.run(lambda: next(waiting, None))
        seconds = time.perf_counter() - started
    assert len(finished) == trials
    return seconds


def recording(template: Bundle, folder: Path, trials: int) -> dict[str, float]:
    """The milliseconds that recording a trial with its curves and bundle takes on SQLite.

    "live" sends each epoch by itself, as for a slow trial. "at once" sends all epochs together, as
    for a fast trial, or one that waited for the store.
    """
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
    opened = open_store()
    experiment = opened.client.create_experiment("dispatch", f"{folder}/artifacts")
    parent = opened.create_run(experiment, "dispatch", {})
    copies = long_copies(template)
    measured = {}
    for way, live in (("live", True), ("at once", False)):
        chosen = list(itertools.islice(copies, trials))
        started = time.perf_counter()
        for copy in chosen:
            record(opened, copy, parent, experiment, live)
        measured[way] = (time.perf_counter() - started) / trials * 1_000
    return measured


def long_copies(template: Bundle) -> Iterator[Bundle]:
    """Copies of the bundle for other trials, with curves as long as the study's."""
    for request in store.requests():
        curves = {name: [values[0]] * EPOCHS for name, values in template.record.curves.items()}
        timestamps = list(range(1, EPOCHS + 1))
        copied = dataclasses.replace(
            template.record, request=request, curves=curves, timestamps=timestamps
        )
        yield dataclasses.replace(template, record=copied)


def record(opened: Store, copy: Bundle, parent: str, experiment: str, live: bool) -> None:
    """Record a trial as a search does, with each epoch by itself if `live`."""
    run_id = opened.start_trial(copy.record.request, parent, experiment)
    for epoch, timestamp in enumerate(copy.record.timestamps if live else ()):
        logs = {name: values[epoch] for name, values in copy.record.curves.items()}
        opened.log_epochs(run_id, [EpochEnded(copy.record.request, epoch, logs, timestamp)])
    opened.finish_trial(run_id, copy)


def table(measured: dict[str, Any]) -> Table:
    """The table of both measurements."""
    share, recording = measured["busy"], measured["recording_milliseconds"]
    rows = [
        (
            f"{measured['workers']} workers with trials of {TRIAL_SECONDS:.0f} s",
            f"{share:.1%} busy",
        ),
        *(
            (f"recording a trial of {EPOCHS} epochs on SQLite, {way}", f"{milliseconds:.0f} ms")
            for way, milliseconds in recording.items()
        ),
        (
            "recording is the bottleneck from",
            f"{1_000 / recording['at once']:.1f} trials per second",
        ),
    ]
    note = (
        "One run on one machine. The workers' trials sleep and compute nothing, and are not "
        "recorded: recording them would be the limit long before. Live: each epoch is sent by "
        "itself, as of a slow trial; at once: all of them together."
    )
    return Table("Dispatch and recording", ("what", "measured"), rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--recorded", type=int, default=50)
    return parser.parse_args()


def main() -> None:
    given = parse()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        template = bundle.read(train_template(folder).folder)
        measured = {
            "workers": given.workers,
            "busy": busy(template, given.workers, given.rounds),
            "recording_milliseconds": recording(template, folder, given.recorded),
        }
    results.write(NAME, COMMAND, results.stamped(measured), [table(measured)])
    results.show([table(measured)])


if __name__ == "__main__":
    main()
