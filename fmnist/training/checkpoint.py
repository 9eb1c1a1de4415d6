"""A trial's progress on disk, so that a long trial goes on where a crash stopped it.

A trial that continues another takes up what that one left, in the same way and the same file:
both are one training. Where it is gone the training begins again, and comes to the same.

Everything that the next epoch depends on is kept: weights, optimizer, random state, the callbacks'
counters and best weights, and the curves. One file, replaced atomically.
"""

import json
import os
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist import files
from fmnist.files import replacing
from fmnist.study.trial import Trial
from fmnist.training.backend import keras
from fmnist.training.bundle import Curves
from fmnist.training.scoring import Logs

# Trials that end sooner never write a checkpoint; longer ones lose at most this and an epoch.
INTERVAL_SECONDS = 20.0
OLD_SECONDS = 2 * 24 * 3600
# Of the callbacks, what changes from epoch to epoch. Their settings are not to be kept: Keras turns
# the sign of `min_delta` in the first epoch of every process.
COUNTERS = ("best", "wait", "cooldown_counter", "best_epoch", "stopped_epoch")
# Raise it when what is kept changes: an older checkpoint is then not taken up.
FORMAT = 1


@dataclass
class Progress:
    """How far a training is; `durations` are the seconds of each epoch, over all attempts.

    `machine` is what was sampled of the machine in each epoch, in most nothing.
    """

    curves: Curves = field(default_factory=dict)
    timestamps: list[int] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    machine: list[dict[str, float]] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.timestamps)

    def add(self, logs: Logs, timestamp: int, seconds: float, machine: dict[str, float]) -> None:
        """One more epoch is done."""
        for name, value in logs.items():
            self.curves.setdefault(name, []).append(float(value))
        missing = self.epochs - len(self.machine)  # in a checkpoint of before
        self.machine += [*({} for _ in range(missing)), machine]
        self.timestamps.append(timestamp)
        self.durations.append(seconds)


def path_in(folder: Path, trial: Trial) -> Path:
    """Where a trial's checkpoint is: one file for all trials that continue one another."""
    return folder / f"{trial.origin.key}.npz"


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
        """Set model and callbacks to the saved state; without one, leave them as they are."""
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
        """The saved arrays; none if there is no file, or not one that can be taken up."""
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
        """Save, unless it was done a moment ago."""
        if time.monotonic() - self._saved_at >= INTERVAL_SECONDS:
            self.save(model, callbacks, progress)
            self._saved_at = time.monotonic()

    def save(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress,
    ) -> None:
        """Save the whole state of a training."""
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

    def remove(self) -> None:
        """The trial is done."""
        self._path.unlink(missing_ok=True)


def remove_old(folder: Path) -> None:
    """Remove what nobody went on from for two days."""
    files.remove_old(folder, OLD_SECONDS)


def _replace(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write a file that is always whole, also when another search saves the same trial."""
    with replacing(path) as scratch, scratch.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())


def _variables(model: keras.Model) -> dict[str, Sequence[Any]]:
    """All state of a training: weights and seed generators, and the optimizer's."""
    return {"model": model.variables, "optimizer": model.optimizer.variables}


def _callback_state(callback: keras.callbacks.Callback) -> dict[str, float]:
    """The counters of a callback, as far as it has them yet."""
    counters = {name: vars(callback).get(name) for name in COUNTERS}
    return {
        name: float(value) if isinstance(value, float | np.floating) else int(value)
        for name, value in counters.items()
        if value is not None
    }


def _set_callback_state(
    callback: keras.callbacks.Callback, state: dict[str, float], arrays: dict[str, NDArray[Any]]
) -> None:
    # A file from before `COUNTERS` holds settings too.
    vars(callback).update({name: state[name] for name in COUNTERS if name in state})
    if getattr(callback, "restore_best_weights", False):
        names = sorted((name for name in arrays if name.startswith("best")), key=_number)
        callback.best_weights = [arrays[name] for name in names]


def _number(name: str) -> int:
    return int(name.removeprefix("best"))
