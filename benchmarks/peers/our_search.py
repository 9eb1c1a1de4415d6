"""The project's search with its full tracking, on an existing SQLite store."""

import os

from rich.console import Console

from benchmarks.peers import shared
from benchmarks.peers.shared import Task
from fmnist.search.run_plan import run_plan
from fmnist.study import naming
from fmnist.study.options import Options
from fmnist.study.plan import Plan
from fmnist.study.request import Request
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import Store, open_store

FAMILY = "benchmark"


def search(task: Task, store: Store) -> None:
    """Search the task's grid as an entry point does, and print the result."""
    requests = [
        Request(trial=trial, family=FAMILY, preset="paper", label=naming.label(trial))
        for trial, point in zip(task.trials, task.case.points, strict=True)
    ]
    plan, options = Plan(FAMILY, task.case.points, requests), Options(epochs=task.epochs)
    clock = shared.Clock()
    with entry_run(store, "search", FAMILY, {}) as run:
        run_plan(plan, options, run, Console(stderr=True))
    clock.stop()
    runs = store.trials()
    epochs = sum(int(run.metrics["epochs_run"]) for run in runs)
    clock.report(epochs, [max(store.curve(run.run_id, shared.VALIDATION)) for run in runs])


def main() -> None:
    """Search what the command line asks for."""
    os.environ["MLFLOW_TRACKING_URI"] = "sqlite:///mlflow.db"
    opened = open_store()
    search(shared.task(), opened)
