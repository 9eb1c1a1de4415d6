"""From a configuration to a Keras model: layers and optimizers, nothing else."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from fmnist.config import CNN, MLP, ModelConfig, TrainingConfig
from fmnist.data import CLASS_NAMES, IMAGE_SHAPE

MAXIMUM_PIXEL = 255
MOMENTUM = 0.9

Weights = list[NDArray[np.float32]]

_OPTIMIZERS: dict[str, Callable[[float], keras.optimizers.Optimizer]] = {
    "adam": lambda rate: keras.optimizers.Adam(rate),
    "nadam": lambda rate: keras.optimizers.Nadam(rate),
    "amsgrad": lambda rate: keras.optimizers.Adam(rate, amsgrad=True),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate),
    "adagrad": lambda rate: keras.optimizers.Adagrad(rate),
    "adadelta": lambda rate: keras.optimizers.Adadelta(rate),
    "sgd": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=MOMENTUM),
    "nesterov": lambda rate: keras.optimizers.SGD(rate, momentum=MOMENTUM, nesterov=True),
}


def build(config: ModelConfig, precision: str = "float32") -> keras.Sequential:
    """The model of a configuration: images in [0, 1], (n, 28, 28), to (n, 10) probabilities.

    The weights are float32 in either precision; "mixed_bfloat16" computes with them in bfloat16.
    """
    keras.config.set_dtype_policy(precision)
    try:
        return keras.Sequential([keras.Input(IMAGE_SHAPE, name="pixels"), *_layers(config)])
    finally:
        keras.config.set_dtype_policy("float32")


def build_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """The optimizer of a configuration."""
    return _OPTIMIZERS[config.optimizer](config.learning_rate)


def with_raw_pixels(model: keras.Sequential) -> keras.Sequential:
    """The same model for pixels of 0-255: what is registered, so that users need not scale.

    The input is float32, since uint8 would wrap a pixel of 300 to 44.
    """
    scaling = keras.layers.Rescaling(1 / MAXIMUM_PIXEL, name="scale")
    return keras.Sequential([keras.Input(IMAGE_SHAPE, name="pixels"), scaling, *model.layers])


def _layers(config: ModelConfig) -> Iterator[keras.Layer]:
    """The layers as the study names and prints them."""
    match config:
        case MLP():
            yield from _dense_layers(config)
        case CNN():
            yield from _convolutional_layers(config)
    last = config.last_activation
    # The probabilities stay float32 also where the layers before compute in bfloat16.
    yield keras.layers.Dense(
        len(CLASS_NAMES), activation=last, name=f"dense_output_{last}", dtype="float32"
    )


def _dense_layers(config: MLP) -> Iterator[keras.Layer]:
    yield keras.layers.Flatten(name="flatten_input")
    for index, units in enumerate(config.hidden_units):
        name = f"dense_{index}_{units}_{config.activation}"
        yield keras.layers.Dense(units, activation=config.activation, name=name)
        if config.dropout:
            yield keras.layers.Dropout(config.dropout, name=f"dropout_{index}_{config.dropout}")


def _convolutional_layers(config: CNN) -> Iterator[keras.Layer]:
    kernel, strides, dilation = config.kernel_size, config.strides, config.dilation_rate
    shape = f"{kernel}.{kernel}_{strides}.{strides}_{config.padding}_{dilation}.{dilation}"
    yield keras.layers.Reshape((*IMAGE_SHAPE, 1), name="add_channel")
    for index, filters in enumerate(config.filters):
        yield keras.layers.Conv2D(
            filters,
            kernel,
            strides=strides,
            dilation_rate=dilation,
            padding=config.padding,
            activation=config.activation,
            name=f"conv_{index}_{filters}_{shape}_{config.activation}",
        )
        if config.batch_normalization:
            momentum = config.batch_normalization_momentum
            yield keras.layers.BatchNormalization(momentum=momentum, name=f"batch_norm_{index}")
        yield keras.layers.MaxPooling2D(2, padding="same", name=f"max_pool_{index}_2.2_2.2_same")
        if config.dropout:
            yield keras.layers.Dropout(config.dropout, name=f"dropout_{index}_{config.dropout}")
    yield keras.layers.Flatten(name="cnn_flatten_connect")
