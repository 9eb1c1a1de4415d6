"""Trials that nobody trained, recorded as trained ones are."""

from pathlib import Path

import numpy as np

from fmnist.data import splits
from fmnist.study import plan
from fmnist.study.families import FAMILIES
from fmnist.study.options import Options
from fmnist.study.request import Request
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.outbox import record_bundle
from fmnist.training import bundle
from fmnist.training.bundle import Bundle, Record

ACCURACY = "sparse_categorical_accuracy"
ENVIRONMENT = {"backend": "tensorflow", "processor": "none: these trials are made up"}


def record_family(run: EntryRun, name: str, options: Options, accuracies, folder: Path) -> None:
    """Record the first trials of a family's grid, one of each accuracy."""
    requests = plan.plan_family(FAMILIES[name], options).requests
    for request, accuracy in zip(requests, accuracies, strict=False):
        record(run, request, accuracy, folder)


def record(run: EntryRun, request: Request, accuracy: float, folder: Path, epochs: int = 3) -> None:
    """Record a trial whose validation predictions are right about as often as `accuracy`."""
    record_bundle(run.store, write(request, accuracy, folder, epochs), run.run_id)


def write(request: Request, accuracy: float, folder: Path, epochs: int = 3) -> Bundle:
    """Write what such a trial leaves."""
    generator = np.random.default_rng(request.trial.seed)
    labels = splits.validation_labels(request.trial.data)
    right = generator.random(len(labels)) < accuracy
    predictions = np.eye(10, dtype=np.float32)[np.where(right, labels, (labels + 1) % 10)]
    reached = [float(right.mean()) * (1 - 0.3 / 2**epoch) for epoch in range(epochs)]
    reached[-1] = float(right.mean())
    curves = {
        "loss": [1 - value for value in reached],
        "val_loss": [1.1 - value for value in reached],
        ACCURACY: reached,
        f"val_{ACCURACY}": reached,
        "learning_rate": [1e-3] * epochs,
    }
    ends = {
        f"{kind}_{name}": values[-1] for kind in ("best", "last") for name, values in curves.items()
    }
    seconds = float(generator.uniform(1, 60))
    times = {"epochs_run": epochs, "train_seconds": seconds, "epoch_seconds": seconds / epochs}
    left = Record(
        request=request,
        seed=request.trial.seed,
        curves=curves,
        timestamps=list(range(1, epochs + 1)),
        summary=ends | times | {"best_epoch": epochs, "parameters": 1000},
        environment=ENVIRONMENT,
    )
    weights = [np.zeros(1, np.float32)]
    return bundle.write(folder / request.trial.key, left, weights, {"validation": predictions})
