"""Train one trial: fit it, evaluate it, write its bundle. No MLflow, no keras-tuner."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from fmnist.data import fashion_mnist, splits
from fmnist.machine import SystemMetrics
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.training import bundle, scoring
from fmnist.training.backend import keras
from fmnist.training.bundle import Bundle, Record
from fmnist.training.checkpoint import Checkpoint, Progress
from fmnist.training.environment import environment, has_gpu
from fmnist.training.epochs import fastest
from fmnist.training.epochs.fit import Epochs
from fmnist.training.scoring import Logs

# Called after every epoch with its number (from 0), its metrics, its end (milliseconds since 1970)
# and a sample of the machine.
OnEpoch = Callable[[int, Logs, int, dict[str, float]], None]


def train(request: Request, folder: Path, checkpoint_path: Path, on_epoch: OnEpoch) -> Bundle:
    """Train a trial and write its bundle to `folder`, resuming from its checkpoint if there is one.

    The checkpoint stays, see `Training.finish`.

    Raises:
        FloatingPointError: if a loss becomes infinite or not a number.
    """
    if request.deterministic:
        _ask_for_determinism()
    training = Training(request, fastest.prepare(request.trial), checkpoint_path, on_epoch)
    while not training.is_over:
        training.train_epoch()
    return training.finish(folder)


class Training:
    """The training of one trial: epoch by epoch, from its checkpoint if there is one.

    Attributes:
        request: the request that is trained.
        model: how its epochs are trained.
    """

    def __init__(
        self, request: Request, model: Epochs, checkpoint_path: Path, on_epoch: OnEpoch
    ) -> None:
        self.request, self.model = request, model
        self._on_epoch = on_epoch
        self._split = splits.load_split(request.trial.data)
        self._callbacks = _callbacks(request.trial.training)
        self._checkpoint = Checkpoint(checkpoint_path, request.trial)
        self._system = SystemMetrics(on_gpu=has_gpu())
        environment()  # kept: the commit that runs, whatever the files are when it ends
        for callback in self._callbacks:
            callback.set_model(model.model)
            callback.on_train_begin()
        self._progress = self._checkpoint.restore(model.model, self._callbacks)

    @property
    def epoch(self) -> int:
        """The number of the epoch that comes next, from 0."""
        return self._progress.epochs

    @property
    def is_over(self) -> bool:
        """Whether the last epoch is done, by early stopping or by the limit of epochs."""
        limit = self.request.trial.training.epochs
        return bool(self.model.model.stop_training) or self.epoch >= limit

    @property
    def order(self) -> NDArray[np.int32]:
        """The order of the next epoch's images, see `batch_order`."""
        return batch_order(self.request.trial.seed, self.epoch, len(self._split.train_labels))

    def train_epoch(self) -> None:
        """Train the next epoch, and end it, see `end_epoch`."""
        started = time.perf_counter()
        logs = self.model.train(self.epoch, self.order)
        predicted = self.model.predict(self._split.validation_images)
        self.end_epoch(logs, predicted, time.perf_counter() - started)

    def end_epoch(self, logs: Logs, predicted: NDArray[np.float32], seconds: float) -> None:
        """Count an epoch that the model was trained for, and decide how training goes on.

        Args:
            logs: the epoch's loss and accuracy on the training images.
            predicted: the probabilities (n, 10) for the validation images after the epoch.
            seconds: how long the epoch took.

        Raises:
            FloatingPointError: if a loss is infinite or not a number.
        """
        epoch, model = self.epoch, self.model.model
        logs |= scoring.evaluate(predicted, self._split.validation_labels, "val_")
        for name in ("loss", "val_loss"):
            if not np.isfinite(logs[name]):
                raise FloatingPointError(f"the {name} of epoch {epoch + 1} is {logs[name]}")
        logs["learning_rate"] = float(model.optimizer.learning_rate)
        for callback in self._callbacks:
            callback.on_epoch_end(epoch, logs)
        ended = time.time_ns() // 1_000_000
        self._progress.add(logs, ended, seconds, self._system.sample())
        self._on_epoch(epoch, logs, ended, self._progress.machine[-1])
        self._checkpoint.save_if_due(model, self._callbacks, self._progress)

    def finish(self, folder: Path, **more: str) -> Bundle:
        """Write the bundle to `folder`, with the kept weights; its environment also has `more`.

        The checkpoint stays. It is for the caller to remove, once the bundle is where it is safe.
        """
        if self.request.to_be_continued:
            self._checkpoint.save(self.model.model, self._callbacks, self._progress)
        for callback in self._callbacks:
            callback.on_train_end()
        trial = self.request.trial
        predictions, summary = _evaluate(self.request, self.model)
        record = Record(
            request=self.request,
            seed=trial.seed,
            curves=self._progress.curves,
            timestamps=self._progress.timestamps,
            summary=_summary(self._progress, trial.training, self.model) | summary,
            environment=environment() | more,
            machine=self._progress.machine,
        )
        return bundle.write(folder, record, self.model.model.get_weights(), predictions)


def _callbacks(training: TrainingConfig) -> list[keras.callbacks.Callback]:
    """The callbacks of schedule "plateau": a lower learning rate and early stopping.

    Both watch the validation loss. Other schedules are part of the optimizer and need no callbacks.
    """
    if training.schedule != "plateau":
        return []
    plateau = keras.callbacks.ReduceLROnPlateau(
        "val_loss",
        factor=training.plateau_factor,
        patience=training.plateau_patience,
        min_delta=training.plateau_min_delta,
        cooldown=training.plateau_cooldown,
        min_lr=training.minimum_learning_rate,
    )
    stopping = keras.callbacks.EarlyStopping(
        "val_loss",
        patience=training.early_stopping_patience,
        restore_best_weights=training.keeps_best,
    )
    return [plateau, stopping]


def batch_order(seed: int, epoch: int, samples: int) -> NDArray[np.int32]:
    """The order of an epoch's images: a permutation (samples,) drawn from seed and epoch."""
    return np.random.default_rng((seed, epoch)).permutation(samples).astype(np.int32)


def _evaluate(
    request: Request, model: Epochs
) -> tuple[dict[str, NDArray[np.float32]], dict[str, float]]:
    """The predictions and the metrics of the kept weights.

    If the model averages over mirror images, `best_val_*` are of that average. The curves are of
    the network alone.
    """
    split, dataset = splits.load_split(request.trial.data), fashion_mnist.load()
    averages = request.trial.model.mirrored
    predict = scoring.mirrored(model.predict) if averages else model.predict
    predictions = {"validation": predict(split.validation_images)}
    summary: dict[str, float] = {}
    if averages:
        found = predictions["validation"]
        summary |= scoring.evaluate(found, split.validation_labels, "best_val_")
    if "train" in request.evaluate:
        summary |= scoring.evaluate(predict(split.train_images), split.train_labels, "train_")
    if "test" in request.evaluate:
        predictions["test"] = predict(fashion_mnist.scale(dataset.test_images))
        summary |= scoring.evaluate(predictions["test"], dataset.test_labels, "test_")
    return predictions, summary


def _summary(progress: Progress, training: TrainingConfig, model: Epochs) -> dict[str, float]:
    best = progress.epochs - 1
    if training.keeps_best:
        # Keras compares losses as float32; so this is the epoch whose weights it keeps.
        best = int(np.argmin(np.asarray(progress.curves["val_loss"], np.float32)))
    return {
        **{f"best_{name}": values[best] for name, values in progress.curves.items()},
        **{f"last_{name}": values[-1] for name, values in progress.curves.items()},
        "best_epoch": best + 1,
        "epochs_run": progress.epochs,
        "train_seconds": sum(progress.durations),
        # The first epoch is left out, since the backend compiles in it.
        "epoch_seconds": median(progress.durations[1:] or progress.durations),
        "parameters": model.model.count_params(),
    }


def _ask_for_determinism() -> None:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
