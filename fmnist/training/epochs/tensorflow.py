"""Epochs without the cost of a Python call for every step.

On TensorFlow an epoch runs in graphs of many steps: batches are gathered from memory in the graph,
batch normalization and Adam are TensorFlow's fused kernels, and the graph is compiled once for all
trials of one shape, since dropout and learning rate are variables. The mathematics are those of
`FitEpochs`; the model is of standard Keras layers. JAX on a GPU has its own way, in jax.py;
elsewhere `fit` runs.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fmnist.data import splits
from fmnist.data.fashion_mnist import FloatImages
from fmnist.study.metrics import ACCURACY
from fmnist.study.trial import Trial
from fmnist.training import models, optimizers
from fmnist.training.epochs import fit
from fmnist.training.epochs.augmentation import augmentation
from fmnist.training.epochs.fit import Order, Pace
from fmnist.training.scoring import EVALUATION_BATCH, Logs


class TensorFlowEpochs:
    """Epochs in TensorFlow graphs, for all trials of one shape, one after the other."""

    def __init__(self, trial: Trial) -> None:
        import tensorflow as tf

        self._tf = tf
        split = splits.load_split(trial.data)
        self._images = tf.constant(split.train_images)
        self._labels = tf.constant(split.train_labels.astype(np.int32))
        self._batch_size = trial.training.batch_size
        self._steps = -(-len(split.train_labels) // self._batch_size)
        self._pace = Pace()
        self._dropout = tf.Variable(0.0, trainable=False)
        self._augmentation = augmentation(trial.training)
        self._loss = fit.loss(trial.training)
        self._seed = 0
        self.model = models.build(trial.model, trial.training.precision)
        self.model.compile(optimizers.build_optimizer(trial.training, len(split.train_labels)))
        self.model.optimizer.build(self.model.trainable_variables)
        decays = trial.training.weight_decay > 0
        self._is_plain_adam = trial.training.optimizer == "adam" and not decays
        self._fresh_optimizer = [v.numpy() for v in self.model.optimizer.variables]
        self._run_steps = tf.function(self._run_steps_in_graph)
        self._predict_batch = tf.function(lambda images: self._forward(images, None))

    def start(self, trial: Trial) -> None:
        """Set everything to the beginning of a trial."""
        keras.utils.set_random_seed(trial.seed)
        self.model.set_weights(models.build(trial.model).get_weights())
        for variable, value in zip(
            self.model.optimizer.variables, self._fresh_optimizer, strict=True
        ):
            variable.assign(value)
        if trial.training.schedule == "plateau":
            self.model.optimizer.learning_rate = trial.training.learning_rate
        self.model.stop_training = False
        self._dropout.assign(trial.model.dropout)
        self._seed = trial.seed

    def train(self, epoch: int, order: Order) -> Logs:
        """One epoch, in graph calls of about half a second."""
        tf = self._tf
        draws = self._augmentation and self._augmentation.draw(self._seed, epoch, len(order))
        order, draws = tf.constant(order), None if draws is None else tf.constant(draws)
        loss, correct = tf.constant(0.0), tf.constant(0)
        seed = tf.constant([self._seed, epoch * self._steps])
        for steps in self._pace.calls(self._steps):
            loss, correct = self._run_steps(order, draws, tf.constant(steps), seed, loss, correct)
            loss.numpy()  # waits for the graph
        return {"loss": float(loss) / len(order), ACCURACY: int(correct) / len(order)}

    def predict(self, images: FloatImages) -> NDArray[np.float32]:
        """The model's probabilities, in graph calls of some hundred images."""
        parts = [
            self._predict_batch(self._tf.constant(images[start : start + EVALUATION_BATCH])).numpy()
            for start in range(0, len(images), EVALUATION_BATCH)
        ]
        return np.concatenate(parts)

    def _run_steps_in_graph(
        self, order: Any, draws: Any, steps: Any, seed: Any, loss_sum: Any, correct: Any
    ) -> Any:
        """Train on batches `steps[0]` to `steps[1]`; adds to the summed loss and correct count.

        Images are augmented as `draws` says, if there are any. The sums go through all calls of an
        epoch, so that they do not depend on where one ends.
        """
        tf = self._tf
        for step in tf.range(steps[0], steps[1]):
            batch = order[step * self._batch_size : (step + 1) * self._batch_size]
            images, labels = tf.gather(self._images, batch), tf.gather(self._labels, batch)
            if self._augmentation:
                drawn = draws[step * self._batch_size : (step + 1) * self._batch_size]
                images = self._augmentation.apply(images, drawn)
            with tf.GradientTape() as tape:
                probabilities = self._forward(images, seed + tf.stack([0, step]))
                losses = self._loss(labels, probabilities)
                loss = tf.reduce_mean(losses)
            variables = self.model.trainable_variables
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            self._apply(gradients, variables)
            loss_sum += tf.reduce_sum(losses)
            hits = tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), labels)
            correct += tf.reduce_sum(tf.cast(hits, tf.int32))
        return loss_sum, correct

    def _apply(self, gradients: Any, variables: Any) -> None:
        """One step of the optimizer; plain Adam in one pass over each variable, not Keras's ten."""
        optimizer = self.model.optimizer
        if not self._is_plain_adam:
            optimizer.apply(gradients, variables)
            return
        step = self._tf.cast(optimizer.iterations + 1, self._tf.float32)
        slots = zip(variables, optimizer._momentums, optimizer._velocities, gradients, strict=True)
        for variable, momentum, velocity, gradient in slots:
            self._tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle,
                m=momentum.value.handle,
                v=velocity.value.handle,
                beta1_power=optimizer.beta_1**step,
                beta2_power=optimizer.beta_2**step,
                lr=optimizer.learning_rate,
                beta1=optimizer.beta_1,
                beta2=optimizer.beta_2,
                epsilon=optimizer.epsilon,
                grad=gradient,
            )
        optimizer.iterations.assign_add(1)

    def _forward(self, images: Any, seed: Any) -> Any:
        """Probabilities; for training if there is a seed (for the dropout of this step)."""
        graph = getattr(self.model, "_functional", self.model)
        return graph._run_through_graph(images, lambda layer: partial(self._call, layer, seed))

    def _call(self, layer: keras.Layer, seed: Any, inputs: Any, **_masks: None) -> Any:
        """What a layer makes of its inputs, faster where that can be; our models mask nothing."""
        if isinstance(layer, keras.layers.BatchNormalization):
            return self._normalize(layer, inputs, training=seed is not None)
        if not isinstance(layer, keras.layers.Dropout):
            return layer(inputs)
        if seed is None:
            return inputs
        place = [0, self.model.layers.index(layer)]
        return self._tf.nn.experimental.stateless_dropout(
            inputs,
            self._tf.cast(self._dropout, inputs.dtype),
            seed * [1, len(self.model.layers)] + place,
        )

    def _normalize(
        self, layer: keras.layers.BatchNormalization, inputs: Any, training: bool
    ) -> Any:
        """Batch normalization of (n, height, width, channels) by TensorFlow's fused kernel."""
        tf = self._tf
        known = {} if training else {"mean": layer.moving_mean, "variance": layer.moving_variance}
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, layer.gamma, layer.beta, epsilon=layer.epsilon, is_training=training, **known
        )
        if training:
            # The kernel's variance is the sample's (n - 1); Keras keeps the population's (n).
            count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
            updates = (
                (layer.moving_mean, mean),
                (layer.moving_variance, variance * (1 - 1 / count)),
            )
            for moving, value in updates:
                moving.assign(moving * layer.momentum + value * (1 - layer.momentum))
        return outputs
