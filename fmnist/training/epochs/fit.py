"""Train epochs by Keras's own `fit`: the reference, for every backend.

tensorflow.py and jax.py compute the same faster on their hardware. train.py calls any of them.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fmnist.data import splits
from fmnist.data.fashion_mnist import CLASS_NAMES, FloatImages
from fmnist.study.metrics import ACCURACY
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import models, optimizers
from fmnist.training.backend import keras, set_seed
from fmnist.training.environment import has_gpu
from fmnist.training.epochs.augmentation import Draws, augmentation
from fmnist.training.scoring import EVALUATION_BATCH, Logs, predict

# A call of many steps is kept short, since signals have to wait for its end.
SECONDS_PER_CALL = 0.5
FIRST_CALL_STEPS = 4
Order = NDArray[np.integer]


class Epochs(Protocol):
    """A compiled model that is trained epoch by epoch on a trial's training images."""

    model: keras.Model

    def train(self, epoch: int, order: Order) -> Logs:
        """Train for epoch `epoch` (from 0) on the images in `order`, indices (n,).

        Returns the mean loss and the accuracy over the epoch's steps.
        """

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The probabilities (n, 10) for images (n, 28, 28) in [0, 1]."""


class FitEpochs:
    """Calls Keras's `fit` once per epoch."""

    def __init__(self, trial: Trial) -> None:
        set_seed(trial.seed)
        self._split = splits.load_split(trial.data)
        self._batch_size = trial.training.batch_size
        self._augmentation = augmentation(trial.training)
        self._loss = loss(trial)
        self._seed = trial.seed
        self.model = self._network(trial)
        self.model.compile(
            self._optimizer(trial.training),
            self._loss,
            metrics=[ACCURACY],
            jit_compile=has_gpu(),
        )
        self.model.optimizer.build(self.model.trainable_variables)

    def train(self, epoch: int, order: Order) -> Logs:
        """Train one epoch by `fit`, see `Epochs.train`."""
        images, labels = self._split.train_images[order], self._split.train_labels[order]
        draws = self.draws(epoch, len(order))
        if self._augmentation and draws is not None:
            images = in_parts(self._augmentation.apply, images, draws)
        history = self.model.fit(
            images, labels, self._batch_size, initial_epoch=epoch, epochs=epoch + 1,
            shuffle=False, verbose=0,
        )  # fmt: skip
        return {name: float(values[-1]) for name, values in history.history.items()}

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The probabilities (n, 10), by Keras's own `predict`."""
        return predict(self.model, images)

    def _network(self, trial: Trial) -> keras.Model:
        return models.build(trial.model, trial.training.precision)

    def _optimizer(self, training: TrainingConfig) -> keras.optimizers.Optimizer:
        return optimizers.build_optimizer(training, len(self._split.train_labels))

    def draws(self, epoch: int, samples: int) -> Draws | None:
        """The random choices of an epoch's augmentation, if there is one."""
        if not self._augmentation:
            return None
        return self._augmentation.draw(self._seed, epoch, samples)


class Pace:
    """Chooses how many steps a call makes, so that it takes about half a second."""

    def __init__(self) -> None:
        self._steps_per_call = FIRST_CALL_STEPS

    def calls(self, steps: int) -> Iterator[tuple[int, int]]:
        """Yield each call's first step and the step after its last.

        The caller makes the call before it takes the next pair, since its time is measured.
        """
        first = 0
        while first < steps:
            last = min(first + self._steps_per_call, steps)
            started = time.perf_counter()
            yield first, last
            # The first call also compiles, so its measured pace is too slow for the second call.
            per_step = (time.perf_counter() - started) / (last - first)
            self._steps_per_call = max(1, int(SECONDS_PER_CALL / per_step))
            first = last


def in_parts(compute: Callable[..., Any], *arrays: NDArray[Any]) -> NDArray[Any]:
    """The results of `compute` on the arrays' rows, computed in parts of 500 to save memory."""
    starts = range(0, len(arrays[0]), EVALUATION_BATCH)
    parts = [compute(*(array[at : at + EVALUATION_BATCH] for array in arrays)) for at in starts]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def means(sums: tuple[Any, Any], samples: int) -> Logs:
    """Mean loss and accuracy, from the summed loss and the number of correct predictions."""
    return {"loss": float(sums[0]) / samples, ACCURACY: int(sums[1]) / samples}


def loss(trial: Trial) -> Callable[[Any, Any], Any]:
    """A function from labels (n,) and probabilities (n, 10) to losses (n,).

    Probabilities of `sigmoid` are divided by their sum: TensorFlow's losses would else take the
    logits that Keras leaves on them for those of a softmax, and JAX's would not.
    """
    smoothing = trial.training.label_smoothing

    def cross_entropy(labels: Any, probabilities: Any) -> Any:
        if trial.model.last_activation != "softmax":
            probabilities = probabilities / keras.ops.sum(probabilities, axis=-1, keepdims=True)
        if not smoothing:
            return keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        targets = keras.ops.one_hot(keras.ops.reshape(labels, [-1]), len(CLASS_NAMES))
        return keras.losses.categorical_crossentropy(
            targets, probabilities, label_smoothing=smoothing
        )

    return cross_entropy
