"""Shared by all peers: the case, the data, the callbacks, and the line of results."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.cases import CASES, Case, trials
from fmnist.data import fashion_mnist, splits
from fmnist.data.splits import Split
from fmnist.study.trial import Trial

LOSS = "sparse_categorical_crossentropy"
ACCURACY = "sparse_categorical_accuracy"
VALIDATION = f"val_{ACCURACY}"


@dataclass(frozen=True)
class Task:
    """A peer's task; its data are in memory before the clock starts."""

    case: Case
    trials: Sequence[Trial]
    split: Split

    @property
    def epochs(self) -> int:
        """The limit of epochs of every trial."""
        return self.trials[0].training.epochs

    @property
    def validation(self) -> tuple[fashion_mnist.FloatImages, fashion_mnist.Labels]:
        """The validation data, as `fit` takes them."""
        return self.split.validation_images, self.split.validation_labels


def task(*cases: str) -> Task:
    """The task that the command line asks for; `cases` limits which it may name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", choices=cases or tuple(CASES), required=True)
    parser.add_argument("--epochs", type=int, help="default: the case's own")
    parser.add_argument("--samples", type=int, help="of 60,000; default: the case's own")
    given = parser.parse_args()
    case = CASES[given.case]
    described = splits.describe(given.samples or case.samples, "holdout", 0)
    asked = trials(case, given.epochs or case.epochs, described)
    return Task(case, asked, splits.load_split(described))


class Clock:
    """Times a search, from the clock's creation to `stop`."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._seconds = 0.0

    def stop(self) -> None:
        """Stop the clock, as the search is over."""
        self._seconds = time.perf_counter() - self._started

    def report(self, epochs: int, accuracies: Sequence[float]) -> None:
        """Print a line of JSON: seconds, epochs of all trials, trials, best validation accuracy."""
        line = {
            "seconds": self._seconds,
            "epochs": epochs,
            "trials": len(accuracies),
            "best_val_accuracy": float(max(accuracies)),
        }
        print(json.dumps(line), flush=True)


def callbacks() -> list[Any]:
    """The study's callbacks: plateau and early stopping."""
    import keras  # here, since the PyTorch loop must not load TensorFlow

    plateau = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.1, patience=10, cooldown=2, min_lr=0.0
    )
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True)
    return [plateau, stopping]
