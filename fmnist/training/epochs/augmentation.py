"""Augmentation of training images: shifted, mirrored, a square blackened.

What happens to an image is drawn for a whole epoch, from the seed and the epoch, and applied to a
batch by matrix products: the same on every backend, in a graph or outside, and after an
interruption.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import IMAGE_SHAPE
from fmnist.study.training import TrainingConfig
from fmnist.training.backend import keras

SIDE = IMAGE_SHAPE[0]
# Sets these draws apart from those of the epoch's order, which come from the same seed and epoch.
STREAM = 1

Draws = NDArray[np.int32]


class Augmentation:
    """The augmentation that a training asks for.

    Each of its tables has a matrix (28, 28) per choice: `_down` and `_across` move an image's rows
    and columns when multiplied from the left and the right, `_across` with mirror images behind.
    `_cut` (28, 28) says which rows, or columns, a square around each one covers.
    """

    def __init__(self, training: TrainingConfig) -> None:
        shifts = range(-training.shift, training.shift + 1)
        moves = np.stack([np.eye(SIDE, k=shift, dtype=np.float32) for shift in shifts])
        self._down, self._across = moves, np.concatenate([moves, moves[:, :, ::-1]])
        first = np.arange(SIDE)[:, None] - training.cutout // 2
        covered = np.arange(SIDE) - first
        self._cut = ((covered >= 0) & (covered < training.cutout)).astype(np.float32)
        self._choices = (len(moves), len(moves), 1 + training.flip, SIDE, SIDE)

    def draw(self, seed: int, epoch: int, samples: int) -> Draws:
        """What happens to each image of an epoch (samples, 5): moves, mirror, where it is cut."""
        generator = np.random.default_rng((seed, epoch, STREAM))
        return generator.integers(self._choices, size=(samples, 5), dtype=np.int32)

    def apply(self, images: Any, draws: Any) -> Any:
        """Augment images (n, 28, 28) as drawn (n, 5); tensors of the backend, or arrays."""
        down, across, mirrored, row, column = keras.ops.unstack(draws, 5, axis=1)
        down = keras.ops.take(self._down, down, axis=0)
        across = keras.ops.take(self._across, across + mirrored * len(self._down), axis=0)
        moved = keras.ops.matmul(keras.ops.matmul(down, images), across)
        rows, columns = (keras.ops.take(self._cut, place, axis=0) for place in (row, column))
        square = keras.ops.expand_dims(rows, 2) * keras.ops.expand_dims(columns, 1)
        return moved * (1 - square)


def augmentation(training: TrainingConfig) -> Augmentation | None:
    """The augmentation that a training asks for; None if it asks for none."""
    wanted = training.shift or training.flip or training.cutout
    return Augmentation(training) if wanted else None
