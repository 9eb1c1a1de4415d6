"""Schedules of the learning rate that go by steps, as Keras's optimizers take them."""

from typing import Any

import keras

from fmnist.config import TrainingConfig

# The part of a cycle in which the learning rate rises.
WARM_UP = 0.2


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Up along a line to the training's learning rate, then down along a cosine, to 0 at its limit.

    A training that continues others has a cycle up to the limit of each, so that it is the same
    whether it goes on where they ended or begins again.
    """

    def __init__(self, training: TrainingConfig, steps_per_epoch: int) -> None:
        ends = [limit * steps_per_epoch for limit in training.limits]
        starts = [0, *ends[:-1]]
        self._cycles = [
            (start, _cycle(training.learning_rate, end - start))
            for start, end in zip(starts, ends, strict=True)
        ]

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        rate = 0.0
        for start, cycle in self._cycles:
            rate = keras.ops.where(step >= start, cycle(keras.ops.maximum(step - start, 0)), rate)
        return rate


def _cycle(peak: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    rising = max(1, round(WARM_UP * steps))
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - rising), warmup_target=peak, warmup_steps=rising
    )
