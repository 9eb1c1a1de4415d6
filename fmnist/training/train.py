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

    Raises:
        FloatingPointError: if a loss becomes infinite or not a number.
    """
    if request.deterministic:
        _ask_for_determinism()
    trial = request.trial
    model = fastest.prepare(trial)
    checkpoint = Checkpoint(checkpoint_path, trial)
    progress = _fit(request, model, checkpoint, on_epoch)
    predictions, summary = _evaluate(request, model)
    record = Record(
        request=request,
        seed=trial.seed,
        curves=progress.curves,
        timestamps=progress.timestamps,
        summary=_summary(progress, trial.training, model) | summary,
        environment=environment(),
        machine=progress.machine,
    )
    written = bundle.write(folder, record, model.model.get_weights(), predictions)
    if not request.to_be_continued:
        checkpoint.remove()
    return written


def _fit(request: Request, model: Epochs, checkpoint: Checkpoint, on_epoch: OnEpoch) -> Progress:
    """Train until early stopping or the last epoch; the model then has the weights to keep."""
    trial = request.trial
    split = splits.load_split(trial.data)
    callbacks = _callbacks(trial.training)
    system = SystemMetrics(on_gpu=has_gpu())
    for callback in callbacks:
        callback.set_model(model.model)
        callback.on_train_begin()
    progress = checkpoint.restore(model.model, callbacks)
    for epoch in range(progress.epochs, trial.training.epochs):
        if model.model.stop_training:
            break
        started = time.perf_counter()
        logs = model.train(epoch, batch_order(trial.seed, epoch, len(split.train_labels)))
        validation = scoring.evaluate(
            model.predict(split.validation_images), split.validation_labels
        )
        logs |= {f"val_{name}": value for name, value in validation.items()}
        for name in ("loss", "val_loss"):
            if not np.isfinite(logs[name]):
                raise FloatingPointError(f"the {name} of epoch {epoch + 1} is {logs[name]}")
        logs["learning_rate"] = float(model.model.optimizer.learning_rate)
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)
        ended = time.time_ns() // 1_000_000
        progress.add(logs, ended, time.perf_counter() - started, system.sample())
        on_epoch(epoch, logs, ended, progress.machine[-1])
        checkpoint.save_if_due(model.model, callbacks, progress)
    if request.to_be_continued:
        checkpoint.save(model.model, callbacks, progress)
    for callback in callbacks:
        callback.on_train_end()
    return progress


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
        metrics = scoring.evaluate(predictions["validation"], split.validation_labels)
        summary |= {f"best_val_{name}": value for name, value in metrics.items()}
    if "train" in request.evaluate:
        metrics = scoring.evaluate(predict(split.train_images), split.train_labels)
        summary |= {f"train_{name}": value for name, value in metrics.items()}
    if "test" in request.evaluate:
        predictions["test"] = predict(fashion_mnist.scale(dataset.test_images))
        metrics = scoring.evaluate(predictions["test"], dataset.test_labels)
        summary |= {f"test_{name}": value for name, value in metrics.items()}
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
