"""Checkpoints: a trial's progress on disk, so that a long trial resumes after a crash.

A checkpoint is one file, replaced atomically. It holds everything that the next epoch depends on:
weights, optimizer, random state, the callbacks' counters and best weights, and the curves.

A trial that continues another resumes from that trial's checkpoint: they share one file. Without
the file the training starts over, with the same result.
"""

import json
import os
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist.files import replacing
from fmnist.study.request import Request
from fmnist.study.trial import Trial
from fmnist.training.backend import keras
from fmnist.training.bundle import Curves
from fmnist.training.scoring import Logs

# A crash loses at most this much and an epoch. Shorter trials write no checkpoint.
INTERVAL_SECONDS = 20.0
OLD_SECONDS = 2 * 24 * 3600
# The fields of the callbacks that change from epoch to epoch. Their settings must not be restored:
# Keras flips the sign of `min_delta` in the first epoch of every process.
COUNTERS = ("best", "wait", "cooldown_counter", "best_epoch", "stopped_epoch")
# Raise it when the content changes: older checkpoints are ignored then.
FORMAT = 1


@dataclass
class Progress:
    """How far a training is, over all attempts.

    Attributes:
        curves: one value per epoch, by metric name.
        timestamps: the end of each epoch, in milliseconds since 1970.
        durations: the seconds of each epoch.
        machine: one sample of the machine per epoch, mostly empty.
    """

    curves: Curves = field(default_factory=dict)
    timestamps: list[int] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    machine: list[dict[str, float]] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.timestamps)

    def add(self, logs: Logs, timestamp: int, seconds: float, machine: dict[str, float]) -> None:
        """Add an epoch that is done."""
        for name, value in logs.items():
            self.curves.setdefault(name, []).append(float(value))
        missing = self.epochs - len(self.machine)  # in an older checkpoint
        self.machine += [*({} for _ in range(missing)), machine]
        self.timestamps.append(timestamp)
        self.durations.append(seconds)


def path_in(folder: Path, trial: Trial) -> Path:
    """The path of a trial's checkpoint, shared by all trials that continue one another."""
    return folder / f"{trial.origin.key}.npz"


def remove(folder: Path, request: Request) -> None:
    """Remove the checkpoint of a trial whose bundle is on disk, unless others continue it."""
    if not request.to_be_continued:
        path_in(folder, request.trial).unlink(missing_ok=True)


class Checkpoint:
    """The checkpoint of one trial."""

    def __init__(self, path: Path, trial: Trial) -> None:
        self._path = path
        self._identity = f"{FORMAT} {trial.origin.key}"
        self._limit = trial.training.epochs
        self._saved_at = time.monotonic()

    def restore(
        self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]
    ) -> Progress:
        """Set model and callbacks to the saved state, if there is one; returns the progress."""
        arrays = self._read()
        if not arrays:
            return Progress()
        state = json.loads(str(arrays["state"]))
        for prefix, variables in _variables(model).items():
            for index, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix}{index}"])
        for index, callback in enumerate(callbacks):
            _set_callback_state(callback, state["callbacks"][index], arrays)
        model.stop_training = state["stop_training"]
        return Progress(**state["progress"])

    def _read(self) -> dict[str, NDArray[Any]]:
        """The saved arrays; empty if there is no file, or it is damaged or of another trial."""
        try:
            with np.load(self._path, allow_pickle=False) as file:
                arrays = dict(file)
            state = json.loads(str(arrays["state"]))
            epochs = len(state["progress"]["timestamps"])
            fits = state["identity"] == self._identity and epochs <= self._limit
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}
        return arrays if fits else {}

    def save_if_due(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress,
    ) -> None:
        """Save the state, unless it was saved less than `INTERVAL_SECONDS` ago."""
        if time.monotonic() - self._saved_at >= INTERVAL_SECONDS:
            self.save(model, callbacks, progress)
            self._saved_at = time.monotonic()

    def save(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress,
    ) -> None:
        """Save the whole state of a training: model, optimizer, callbacks and progress."""
        arrays: dict[str, NDArray[Any]] = {}
        for prefix, variables in _variables(model).items():
            for index, variable in enumerate(variables):
                arrays[f"{prefix}{index}"] = keras.ops.convert_to_numpy(variable)
        for callback in callbacks:
            best = getattr(callback, "best_weights", None) or []
            arrays |= {f"best{index}": weight for index, weight in enumerate(best)}
        state = {
            "identity": self._identity,
            "callbacks": [_callback_state(callback) for callback in callbacks],
            "stop_training": model.stop_training,
            "progress": asdict(progress),
        }
        _replace(self._path, {"state": np.array(json.dumps(state)), **arrays})


def remove_old(folder: Path) -> None:
    """Remove the checkpoints that were last written more than two days ago."""
    for path in folder.glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > OLD_SECONDS:
                path.unlink()


def _replace(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write a file atomically, even if another search saves the same trial at the same time."""
    with replacing(path) as scratch, scratch.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())


def _variables(model: keras.Model) -> dict[str, Sequence[Any]]:
    """All variables of a training: weights, seed generators, and the optimizer's."""
    return {"model": model.variables, "optimizer": model.optimizer.variables}


def _callback_state(callback: keras.callbacks.Callback) -> dict[str, float]:
    """The counters of a callback that it has already set."""
    counters = {name: vars(callback).get(name) for name in COUNTERS}
    return {
        name: float(value) if isinstance(value, float | np.floating) else int(value)
        for name, value in counters.items()
        if value is not None
    }


def _set_callback_state(
    callback: keras.callbacks.Callback, state: dict[str, float], arrays: dict[str, NDArray[Any]]
) -> None:
    # An older file may hold settings besides the counters.
    vars(callback).update({name: state[name] for name in COUNTERS if name in state})
    if getattr(callback, "restore_best_weights", False):
        names = sorted((name for name in arrays if name.startswith("best")), key=_number)
        callback.best_weights = [arrays[name] for name in names]


def _number(name: str) -> int:
    return int(name.removeprefix("best"))
