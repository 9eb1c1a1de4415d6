"""Build the Keras optimizer of a training, with its learning rate or schedule."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fmnist.study.training import TrainingConfig
from fmnist.training.backend import keras

# The part of a cycle in which the learning rate rises.
WARM_UP = 0.2


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A one-cycle schedule: a linear rise to the learning rate, then a cosine fall to 0.

    The cycle ends at the training's limit of epochs. A training that continues others has one cycle
    for each of their limits, so that it gives the same result whether it resumes or starts over.
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


MOMENTUM = 0.9
# Names of variables that weight decay excludes.
NOT_DECAYED = ["gamma", "beta", "bias"]

_OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "amsgrad": partial(keras.optimizers.Adam, amsgrad=True),
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "sgd": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=MOMENTUM),
    "nesterov": partial(keras.optimizers.SGD, momentum=MOMENTUM, nesterov=True),
}


def build_optimizer(config: TrainingConfig, samples: int) -> keras.optimizers.Optimizer:
    """The optimizer of a training on `samples` images, with its schedule if that is "one_cycle"."""
    rate = learning_rate(config, samples)
    optimizer = _OPTIMIZERS[config.optimizer](rate, weight_decay=config.weight_decay or None)
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYED)
    return optimizer


def learning_rate(config: TrainingConfig, samples: int) -> float | OneCycle:
    """The learning rate of a training on `samples` images, or its schedule by steps."""
    if config.schedule == "one_cycle":
        return OneCycle(config, -(-samples // config.batch_size))
    return config.learning_rate
