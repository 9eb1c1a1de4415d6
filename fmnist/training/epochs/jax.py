"""Train epochs on a GPU by JAX: one call runs many steps over images in the GPU's memory.

Keras's `fit` calls every step from Python and sends its images to the GPU. For most of the study's
networks this takes longer than the step itself. The mathematics are those of `FitEpochs`.
"""

from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from fmnist.data import splits
from fmnist.data.config import DataConfig
from fmnist.data.fashion_mnist import FloatImages
from fmnist.study.trial import Trial
from fmnist.training.backend import keras
from fmnist.training.epochs import fit
from fmnist.training.epochs.fit import FitEpochs, Order, Pace
from fmnist.training.scoring import Logs

# The values of the variables that a step changes: trainable, non-trainable, the optimizer's.
State = tuple[list[Any], list[Any], list[Any]]


@lru_cache(maxsize=1)
def _examples(config: DataConfig) -> tuple[Any, Any]:
    """A split's training images (n, 28, 28) and labels (n,) on the device, for all its trials."""
    split = splits.load_split(config)
    images, labels = jax.device_put((split.train_images, split.train_labels.astype(np.int32)))
    return images, labels


class JaxEpochs(FitEpochs):
    """The model and optimizer of `FitEpochs`, trained by loops on the device."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self._examples = _examples(trial.data)
        self._pace = Pace()
        self._run_steps = jax.jit(self._loop, static_argnames="size")
        self._predict_batch = jax.jit(self._forward)

    def train(self, epoch: int, order: Order) -> Logs:
        """Train one epoch in calls of about half a second, see `Epochs.train`."""
        orders = jax.device_put((order, self.draws(epoch, len(order))))
        sums = jax.device_put((np.float32(0), np.int32(0)))
        state, sums = self._epoch((state_of(self.model), sums), orders, len(order))
        assign(self.model, state)
        return fit.means(sums, len(order))

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The probabilities (n, 10), in calls of 500 images."""
        return fit.in_parts(partial(self._predict_batch, *state_of(self.model)[:2]), images)

    def _epoch(self, carried: Any, orders: Any, samples: int) -> Any:
        """Train one epoch of `samples` images.

        `carried` are the state before, and the summed loss and number of correct predictions, both
        0; returns them as they are after the epoch. `orders` are the epoch's order and draws.
        """
        steps, rest = divmod(samples, self._batch_size)
        for first, last in self._pace.calls(steps):
            carried = self._run_steps(
                carried, self._examples, orders, first, last, size=self._batch_size
            )
            carried[1][0].block_until_ready()
        if rest:
            carried = self._run_steps(carried, self._examples, orders, steps, steps + 1, size=rest)
        return carried

    def _loop(
        self, carried: Any, examples: Any, orders: Any, first: Any, last: Any, size: int
    ) -> Any:
        def step(index: Any, carried: Any) -> Any:
            state, (loss_sum, correct) = carried
            start = index * self._batch_size
            batch, drawn = jax.tree.map(
                lambda order: jax.lax.dynamic_slice_in_dim(order, start, size), orders
            )
            images, labels = (part[batch] for part in examples)
            if self._augmentation:
                images = self._augmentation.apply(images, drawn)
            state, losses, probabilities = self._step(state, images, labels)
            hits = probabilities.argmax(axis=1) == labels
            return state, (loss_sum + losses.sum(), correct + hits.sum())

        return jax.lax.fori_loop(first, last, step, carried)

    def _step(self, state: State, images: Any, labels: Any) -> tuple[State, Any, Any]:
        """One step of the optimizer.

        Returns the new state, and the losses (n,) and probabilities (n, 10) before the step.
        """
        trainable, others, of_optimizer = state

        def mean_loss(weights: list[Any]) -> Any:
            probabilities, changed = self.model.stateless_call(
                weights, others, images, training=True
            )
            losses = self._loss(labels, probabilities)
            return losses.mean(), (losses, probabilities, changed)

        gradient = jax.grad(mean_loss, has_aux=True)
        gradients, (losses, probabilities, others) = gradient(trainable)
        trainable, of_optimizer = self.model.optimizer.stateless_apply(
            of_optimizer, gradients, trainable
        )
        return (trainable, others, of_optimizer), losses, probabilities

    def _forward(self, trainable: list[Any], others: list[Any], images: Any) -> Any:
        return self.model.stateless_call(trainable, others, images, training=False)[0]


def state_of(model: keras.Model) -> State:
    """The values of the variables that a step changes."""
    trainable, others, of_optimizer = (
        [variable.value for variable in variables] for variables in _variables(model)
    )
    return trainable, others, of_optimizer


def assign(model: keras.Model, state: State) -> None:
    """Set the variables that a step changes."""
    for variables, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _variables(model: keras.Model) -> tuple[list[Any], list[Any], list[Any]]:
    """The variables that a step changes, in the order of `State`."""
    return model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
