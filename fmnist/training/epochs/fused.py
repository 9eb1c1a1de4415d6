"""Layers and Adam as in Keras, computed by TensorFlow's fused kernels in fewer passes.

Only TensorFlow's training in graphs uses them. A model that is evaluated or registered later is
built from Keras's own layers, which take the same weights.
"""

from typing import Any

import tensorflow as tf

from fmnist.training.backend import keras

# Keras's defaults.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


class StepDropout:
    """The dropout of a step, in variables, so that one graph serves every trial.

    Attributes:
        rate: the fraction of values that is dropped.
        seed: the step's seed, (2,); equal seeds drop the same values.
    """

    def __init__(self) -> None:
        self.rate = tf.Variable(0.0, trainable=False)
        self.seed = tf.Variable([0, 0], trainable=False)


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization of inputs (n, height, width, channels)."""

    def call(self, inputs: Any, training: bool = False, mask: None = None) -> Any:  # noqa: ARG002
        """The inputs, normalized by the batch in training, else by the moving averages.

        `mask` is part of Keras's signature; our models have none.
        """
        known = {} if training else {"mean": self.moving_mean, "variance": self.moving_variance}
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=training, **known
        )
        if training:
            # The kernel's variance divides by n - 1. Keras's moving variance divides by n.
            count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance * (1 - 1 / count))
        return outputs

    def _follow(self, moving: Any, value: Any) -> None:
        moving.assign(moving * self.momentum + value * (1 - self.momentum))


class SeededDropout(keras.layers.Dropout):
    """Dropout that is drawn from the step's seed and the layer's place in the model."""

    def __init__(self, step: StepDropout, place: int, places: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._step = step
        self._place, self._places = place, places

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The inputs; in training, with dropout."""
        if not training:
            return inputs
        seed = self._step.seed * [1, self._places] + [0, self._place]
        rate = tf.cast(self._step.rate, inputs.dtype)
        return tf.nn.experimental.stateless_dropout(inputs, rate, seed)


class FusedAdam(keras.optimizers.Optimizer):
    """Adam in one pass over each variable; Keras's Adam makes ten."""

    def __init__(self, learning_rate: Any) -> None:
        super().__init__(learning_rate, name="adam")
        self._slots: dict[Any, tuple[Any, Any]] = {}

    def build(self, variables: list[Any]) -> None:
        """Create both moments of each variable, in the order of Keras's Adam."""
        if self.built:
            return
        super().build(variables)
        self._slots = {
            variable.value.ref(): (
                self.add_variable_from_reference(variable, "momentum"),
                self.add_variable_from_reference(variable, "velocity"),
            )
            for variable in variables
        }

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by its gradient."""
        step = tf.cast(self.iterations + 1, tf.float32)
        momentum, velocity = self._slots[variable.ref()]
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=BETA_1**step,
            beta2_power=BETA_2**step,
            lr=learning_rate,
            beta1=BETA_1,
            beta2=BETA_2,
            epsilon=EPSILON,
            grad=gradient,
        )


def fused(model: keras.Model, step: StepDropout) -> keras.Model:
    """The same network, freshly initialized, with fused batch normalization and seeded dropout."""

    def replaced(layer: keras.Layer) -> keras.Layer:
        settings = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            return FusedBatchNormalization.from_config(settings)
        if isinstance(layer, keras.layers.Dropout):
            return SeededDropout(step, model.layers.index(layer), len(model.layers), **settings)
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=replaced)
