"""Predict probabilities with a model, and score them by loss and accuracy."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import FloatImages, Labels
from fmnist.study.metrics import ACCURACY
from fmnist.training.backend import keras

EVALUATION_BATCH = 500
# The least that float32 holds in full precision. Keras's loss, which knows the logits, does not
# clip; from probabilities a loss is at most 87, where one that is 0 would make it infinite.
LEAST_PROBABILITY = np.finfo(np.float32).tiny
# The most by which a softmax's outputs miss a sum of 1, in any precision.
ROUNDING = 0.01

Logs = dict[str, float]
# From images (n, 28, 28) in [0, 1] to probabilities (n, 10).
Predict = Callable[[FloatImages], NDArray[np.float32]]


def predict(model: keras.Model, images: FloatImages) -> NDArray[np.float32]:
    """The probabilities (n, 10) that a Keras model predicts for images (n, 28, 28)."""
    probabilities = model.predict(images, batch_size=EVALUATION_BATCH, verbose=0)
    return np.asarray(probabilities, dtype=np.float32)


def mirrored(predict: Predict) -> Predict:
    """A function that averages the probabilities for images and for their mirror images."""

    def mean(images: FloatImages) -> NDArray[np.float32]:
        return (predict(images) + predict(images[:, :, ::-1])) / np.float32(2)

    return mean


def evaluate(probabilities: NDArray[np.float32], labels: Labels, prefix: str = "") -> Logs:
    """Mean cross-entropy and accuracy of probabilities (n, 10) for labels (n,), after `prefix`.

    Outputs of a sigmoid, which do not sum to 1, count by their share of the sum, as in training.
    """
    sums = probabilities.sum(axis=1, dtype=np.float64)
    of_all = np.where(np.abs(sums - 1) < ROUNDING, 1.0, sums)
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64) / of_all
    losses = -np.log(np.clip(chosen, LEAST_PROBABILITY, 1.0))
    return {
        f"{prefix}loss": float(losses.mean()),
        f"{prefix}{ACCURACY}": float((probabilities.argmax(axis=1) == labels).mean()),
    }
