"""Train epochs on a processor by TensorFlow: one call runs a graph of many steps.

This saves the cost of a Python call per step. The graph gathers its batches from memory, and uses
TensorFlow's fused kernels for batch normalization and Adam. Dropout and learning rate are in
variables, so one graph serves all trials of one shape. The mathematics are those of `FitEpochs`.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import FloatImages
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import models, optimizers
from fmnist.training.backend import keras, set_seed
from fmnist.training.epochs import fit, fused
from fmnist.training.epochs.fit import FitEpochs, Order, Pace
from fmnist.training.scoring import Logs


class TensorFlowEpochs(FitEpochs):
    """Trains in a TensorFlow graph, which all trials of one shape use, one after the other."""

    def __init__(self, trial: Trial) -> None:
        self._dropout = fused.StepDropout()
        super().__init__(trial)
        self._images = tf.constant(self._split.train_images)
        self._labels = tf.constant(self._split.train_labels.astype(np.int32))
        self._steps = -(-len(self._split.train_labels) // self._batch_size)
        self._pace = Pace()
        self._fresh_optimizer = [v.numpy() for v in self.model.optimizer.variables]
        self._run_steps = tf.function(self._run_steps_in_graph)
        self._predict_batch = tf.function(lambda images: self.model(images, training=False))

    def start(self, trial: Trial) -> None:
        """Reset model, optimizer and seeds to the beginning of a trial."""
        set_seed(trial.seed)
        self.model.set_weights(models.build(trial.model).get_weights())
        for variable, value in zip(
            self.model.optimizer.variables, self._fresh_optimizer, strict=True
        ):
            variable.assign(value)
        if trial.training.schedule == "plateau":
            self.model.optimizer.learning_rate = trial.training.learning_rate
        self.model.stop_training = False
        self._dropout.rate.assign(vars(trial.model)["dropout"])
        self._seed = trial.seed

    def train(self, epoch: int, order: Order) -> Logs:
        """Train one epoch in graph calls of about half a second, see `Epochs.train`."""
        draws = self.draws(epoch, len(order))
        orders = tf.constant(order), None if draws is None else tf.constant(draws)
        sums = tf.constant(0.0), tf.constant(0)
        seed = tf.constant([self._seed, epoch * self._steps])
        for steps in self._pace.calls(self._steps):
            sums = self._run_steps(orders, tf.constant(steps), seed, sums)
            sums[0].numpy()  # waits for the graph
        return fit.means(sums, len(order))

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The probabilities (n, 10), in graph calls of 500 images."""
        return fit.in_parts(self._predict_batch, images)

    def _network(self, trial: Trial) -> keras.Model:
        return fused.fused(super()._network(trial), self._dropout)

    def _optimizer(self, training: TrainingConfig) -> keras.optimizers.Optimizer:
        """The fused Adam instead of Keras's; any other optimizer, or weight decay, is Keras's."""
        if training.optimizer != "adam" or training.weight_decay:
            return super()._optimizer(training)
        return fused.FusedAdam(optimizers.learning_rate(training, len(self._split.train_labels)))

    def _run_steps_in_graph(
        self, orders: tuple[Any, Any], steps: Any, seed: Any, sums: tuple[Any, Any]
    ) -> tuple[Any, Any]:
        """Train on the batches from `steps[0]` up to but not including `steps[1]`.

        `orders` are the epoch's order and the draws of its augmentation. `sums` are the epoch's
        summed loss and number of correct predictions so far; returns both with these batches added.
        They pass through all calls, so that their bits do not depend on where a call ends.
        """
        order, draws = orders
        loss_sum, correct = sums
        for step in tf.range(steps[0], steps[1]):
            batch = order[step * self._batch_size : (step + 1) * self._batch_size]
            images, labels = tf.gather(self._images, batch), tf.gather(self._labels, batch)
            if self._augmentation:
                drawn = draws[step * self._batch_size : (step + 1) * self._batch_size]
                images = self._augmentation.apply(images, drawn)
            self._dropout.seed.assign(seed + tf.stack([0, step]))
            losses, probabilities = self._step(images, labels)
            loss_sum += tf.reduce_sum(losses)
            hits = tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), labels)
            correct += tf.reduce_sum(tf.cast(hits, tf.int32))
        return loss_sum, correct

    def _step(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """One step of the optimizer; returns losses (n,) and probabilities (n, 10) before it."""
        with tf.GradientTape() as tape:
            probabilities = self.model(images, training=True)
            losses = self._loss(labels, probabilities)
            loss = tf.reduce_mean(losses)
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self.model.optimizer.apply(gradients, variables)
        return losses, probabilities
