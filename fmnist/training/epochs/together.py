"""Train epochs of several trials by one JAX program: a step of it is a step of every trial.

A single trial leaves most of a large GPU idle. `jax.vmap` adds a dimension over the trials to the
loop of `JaxEpochs`, so each trial has its own weights, batch order, dropout and learning rate, and
its mathematics stay the same. The trials have one shape, see `fastest.shape`.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import FloatImages
from fmnist.study.trial import Trial
from fmnist.training.backend import keras
from fmnist.training.epochs import fit
from fmnist.training.epochs.fit import FitEpochs, Order
from fmnist.training.epochs.jax import JaxEpochs, State, assign, state_of
from fmnist.training.scoring import Logs


class Kept:
    """The share of values that dropout keeps; while JAX traces, that of the trial it traces."""

    def __init__(self) -> None:
        self.share: Any = 1.0


class KeepingDropout(keras.layers.Dropout):
    """Dropout as Keras's, of the same random bits, whose rate may differ between trials."""

    def __init__(self, kept: Kept, **settings: Any) -> None:
        super().__init__(**settings)
        self._kept = kept

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The inputs; in training, with dropout."""
        if not training:
            return inputs
        share = self._kept.share
        mask = jax.random.bernoulli(self.seed_generator.next(), share, inputs.shape)
        return jax.numpy.where(mask, inputs / share.astype(inputs.dtype), 0)


class Member(FitEpochs):
    """The model and optimizer of one trial; the program of all trials computes with them."""

    def __init__(self, trial: Trial, program: "TogetherEpochs") -> None:
        super().__init__(trial)
        self.kept = np.float32(1 - vars(trial.model)["dropout"])
        self._program = program

    def train(self, epoch: int, order: Order) -> Logs:
        """Train one epoch of this trial alone, see `Epochs.train`."""
        (logs,) = self._program.train_all([(self, epoch, order)])
        return logs

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The probabilities (n, 10) of this trial's model alone."""
        (probabilities,) = self._program.predict_all([self], images)
        return probabilities


class TogetherEpochs(JaxEpochs):
    """A program for up to `places` trials of one shape.

    It is compiled for that number. Places without a trial, because it has ended, compute the first
    of the others once more, and nothing is kept of it.
    """

    def __init__(self, trial: Trial, places: int) -> None:
        self._kept = Kept()
        super().__init__(trial)
        self._places = places
        self._run_steps = jax.jit(self._loops, static_argnames="size")
        forward = jax.vmap(self._forward, in_axes=(0, 0, None), out_axes=1)
        self._predict_batch = jax.jit(forward)

    def train_all(self, asked: Sequence[tuple[Member, int, Order]]) -> list[Logs]:
        """Train the members for an epoch each, given its number (from 0) and its order."""
        members, epochs, orders = zip(*asked, strict=True)
        samples = len(orders[0])
        draws = [
            member.draws(epoch, samples) for member, epoch in zip(members, epochs, strict=True)
        ]
        each = list(zip((member.kept for member in members), orders, draws, strict=True))
        sums = np.zeros(self._places, np.float32), np.zeros(self._places, np.int32)
        carried = self._stacked(members), jax.device_put(sums)
        states, sums = self._epoch(carried, _stack(self._filled(each)), samples)
        for member, state in zip(members, _unstack(states), strict=False):
            assign(member.model, state)
        sums_of_each = zip(*map(np.asarray, sums), strict=True)
        return [fit.means(own, samples) for own, _ in zip(sums_of_each, members, strict=False)]

    def predict_all(
        self, members: Sequence[Member], images: FloatImages
    ) -> list[NDArray[np.float32]]:
        """The probabilities (n, 10) of each member's model."""
        trainable, others, _ = self._stacked(members)

        def predict(part: FloatImages) -> Any:
            return self._predict_batch(trainable, others, part)

        return list(fit.in_parts(predict, images).swapaxes(0, 1)[: len(members)])

    def _network(self, trial: Trial) -> keras.Model:
        def replaced(layer: keras.Layer) -> keras.Layer:
            settings = layer.get_config()
            if isinstance(layer, keras.layers.Dropout):
                return KeepingDropout(self._kept, **settings)
            return type(layer).from_config(settings)

        return keras.models.clone_model(super()._network(trial), clone_function=replaced)

    def _loops(
        self, carried: Any, examples: Any, of_trials: Any, first: Any, last: Any, size: int
    ) -> Any:
        """The loop of `JaxEpochs` for every trial at once."""

        def loop(carried: Any, of_trial: Any) -> Any:
            self._kept.share, *orders = of_trial
            return self._loop(carried, examples, tuple(orders), first, last, size)

        return jax.vmap(loop)(carried, of_trials)

    def _stacked(self, members: Sequence[Member]) -> State:
        """The members' states, as one with a first dimension over the places."""
        stacked: State = _stack(self._filled([state_of(member.model) for member in members]))
        return stacked

    def _filled(self, values: Sequence[Any]) -> list[Any]:
        """The members' values, with copies of the first for the places that are free."""
        return [*values, *[values[0]] * (self._places - len(values))]


@jax.jit
def _stack(trees: list[Any]) -> Any:
    """One tree whose arrays have a first dimension over the given trees."""
    return jax.tree.map(lambda *arrays: jax.numpy.stack(arrays), *trees)


@jax.jit
def _unstack(tree: Any) -> list[Any]:
    """The trees that `_stack` has made one of."""
    places = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda array: array[place], tree) for place in range(places)]  # noqa: B023
