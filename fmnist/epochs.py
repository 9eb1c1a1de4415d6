"""One epoch at a time, by Keras's own `fit`: the reference, for every backend.

fast_epochs.py does the same mathematics faster where it can; training.py drives either.
"""

from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from fmnist import data, models
from fmnist.config import Trial
from fmnist.data import FloatImages, Labels

LOSS = "sparse_categorical_crossentropy"
ACCURACY = "sparse_categorical_accuracy"
EVALUATION_BATCH = 500

Logs = dict[str, float]
Order = NDArray[np.integer]


class Epochs(Protocol):
    """A model that can be trained epoch by epoch on a trial's training images."""

    model: keras.Sequential

    def train(self, epoch: int, order: Order) -> Logs:
        """Train on the images in `order`; returns the epoch's mean loss and accuracy."""

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """Probabilities (n, 10) for images (n, 28, 28) in [0, 1]."""


class FitEpochs:
    """Keras's `fit`, one epoch a call."""

    def __init__(self, trial: Trial) -> None:
        keras.utils.set_random_seed(trial.seed)
        self._split = data.load_split(trial.data)
        self._batch_size = trial.training.batch_size
        self.model = models.build(trial.model, trial.training.precision)
        self.model.compile(
            models.build_optimizer(trial.training), LOSS, metrics=[ACCURACY], jit_compile=has_gpu()
        )
        self.model.optimizer.build(self.model.trainable_variables)

    def train(self, epoch: int, order: Order) -> Logs:
        """One epoch of `fit`."""
        images, labels = self._split.train_images[order], self._split.train_labels[order]
        history = self.model.fit(
            images, labels, self._batch_size, initial_epoch=epoch, epochs=epoch + 1,
            shuffle=False, verbose=0,
        )  # fmt: skip
        return {name: float(values[-1]) for name, values in history.history.items()}

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """`predict` of the model."""
        return predict(self.model, images)


def has_gpu() -> bool:
    """Whether the backend computes on a GPU; compiling with XLA pays only there."""
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())


def predict(model: keras.Model, images: FloatImages) -> NDArray[np.float32]:
    """Probabilities (n, 10) of a Keras model for images (n, 28, 28)."""
    probabilities = model.predict(images, batch_size=EVALUATION_BATCH, verbose=0)
    return np.asarray(probabilities, dtype=np.float32)


def evaluate(probabilities: NDArray[np.float32], labels: Labels) -> Logs:
    """Mean cross-entropy and accuracy of probabilities (n, 10) for labels (n,)."""
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    # Keras clips by the same epsilon, so that a probability of 0 gives a finite loss.
    losses = -np.log(np.clip(chosen, keras.config.epsilon(), 1.0))
    return {
        "loss": float(losses.mean()),
        ACCURACY: float((probabilities.argmax(axis=1) == labels).mean()),
    }
