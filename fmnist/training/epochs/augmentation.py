"""Augment training images: shift them, mirror them, black out a square.

The random choices are drawn for a whole epoch, from the trial's seed and the epoch's number, and
applied to a batch by matrix products. So they are the same on every backend, inside a graph or
outside, and after an interruption.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import IMAGE_SHAPE
from fmnist.study.training import TrainingConfig
from fmnist.training.backend import keras

SIDE = IMAGE_SHAPE[0]
# Makes these draws independent of the epoch's order, which has the same seed and epoch.
STREAM = 1

Draws = NDArray[np.int32]


class Augmentation:
    """The augmentation of a training.

    `_down` (shifts, 28, 28) has one matrix per vertical shift, to multiply images from the left.
    `_across` (2 * shifts, 28, 28) has one per horizontal shift, to multiply from the right; its
    second half also mirrors. Row i of `_cut` (28, 28) marks the rows, or columns, that a square
    around i covers.
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
        """The random choices for each image of an epoch, (samples, 5).

        The columns are the shift down, the shift across, mirrored or not, and the square's row and
        column.
        """
        generator = np.random.default_rng((seed, epoch, STREAM))
        return generator.integers(self._choices, size=(samples, 5), dtype=np.int32)

    def apply(self, images: Any, draws: Any) -> Any:
        """Augment images (n, 28, 28) by their draws (n, 5); both are tensors or arrays."""
        down, across, mirrored, row, column = keras.ops.unstack(draws, 5, axis=1)
        down = keras.ops.take(self._down, down, axis=0)
        across = keras.ops.take(self._across, across + mirrored * len(self._down), axis=0)
        moved = keras.ops.matmul(keras.ops.matmul(down, images), across)
        rows, columns = (keras.ops.take(self._cut, place, axis=0) for place in (row, column))
        square = keras.ops.expand_dims(rows, 2) * keras.ops.expand_dims(columns, 1)
        return moved * (1 - square)


def augmentation(training: TrainingConfig) -> Augmentation | None:
    """The augmentation of a training, or None."""
    wanted = training.shift or training.flip or training.cutout
    return Augmentation(training) if wanted else None
