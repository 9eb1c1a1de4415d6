"""Build the Keras model of a configuration."""

from collections.abc import Iterator
from typing import Any

from fmnist.data.fashion_mnist import CLASS_NAMES, IMAGE_SHAPE
from fmnist.study.networks import CNN, MLP, VGG, BuiltIn, ModelConfig, ResNet
from fmnist.study.own_network import OwnNetwork
from fmnist.training import own_code
from fmnist.training.backend import keras

MAXIMUM_PIXEL = 255


def build(config: ModelConfig, precision: str = "float32") -> keras.Model:
    """The network of a configuration, from images (n, 28, 28) in [0, 1] to probabilities (n, 10).

    `precision` is "float32" or "mixed_bfloat16"; with the latter layers compute in bfloat16, and
    weights and probabilities stay float32.

    Raises:
        InvalidInput: if it is a person's own network whose code this process may not run, or that
            does not build such a model.
    """
    keras.config.set_dtype_policy(precision)
    try:
        if isinstance(config, ResNet):
            return _residual_network(config)
        if isinstance(config, OwnNetwork):
            return own_code.build(config)
        return keras.Sequential([keras.Input(IMAGE_SHAPE, name="pixels"), *_layers(config)])
    finally:
        keras.config.set_dtype_policy("float32")


def predictor(config: ModelConfig, network: keras.Model) -> keras.Model:
    """The model that predicts: the network, or its mean over an image and its mirror image."""
    if not config.mirrored:
        return network
    images = keras.Input(IMAGE_SHAPE, name="pixels")
    both = [network(images), network(keras.ops.flip(images, axis=2))]
    return keras.Model(images, keras.layers.Average(name="mean", dtype="float32")(both))


def with_raw_pixels(model: keras.Model) -> keras.Sequential:
    """The same model with scaling in it, for pixels of 0-255, as it is registered.

    The input is float32, since uint8 would wrap a pixel of 300 to 44.
    """
    scaling = keras.layers.Rescaling(1 / MAXIMUM_PIXEL, name="scale")
    layers = model.layers if isinstance(model, keras.Sequential) else [model]
    return keras.Sequential([keras.Input(IMAGE_SHAPE, name="pixels"), scaling, *layers])


def _layers(config: MLP | CNN | VGG) -> Iterator[keras.Layer]:
    """The layers, under the names that the study prints."""
    match config:
        case MLP():
            yield from _dense_layers(config)
        case CNN():
            yield from _convolutional_layers(config)
        case VGG():
            yield from _vgg_layers(config)
    yield _output_layer(config)


def _output_layer(config: BuiltIn) -> keras.Layer:
    last = config.last_activation
    # The probabilities stay float32 even if the other layers compute in bfloat16.
    return keras.layers.Dense(
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


def _vgg_layers(config: VGG) -> Iterator[keras.Layer]:
    """Blocks of two convolutions, then the global maximum of each filter."""
    yield keras.layers.Reshape((*IMAGE_SHAPE, 1), name="add_channel")
    momentum = config.batch_normalization_momentum
    for block, filters in enumerate(config.filters):
        for half in (0, 1):
            name = f"{block}_{half}"
            yield _convolution(filters, 3, 1, name)
            if half == 0:
                yield keras.layers.MaxPooling2D(2, name=f"max_pool_{name}")
            yield keras.layers.BatchNormalization(momentum=momentum, name=f"batch_norm_{name}")
            yield keras.layers.Activation(config.activation, name=f"{config.activation}_{name}")
    yield keras.layers.GlobalMaxPooling2D(name="max")
    if config.dropout:
        yield keras.layers.Dropout(config.dropout, name=f"dropout_{config.dropout}")


def _residual_network(config: ResNet) -> keras.Model:
    """Pre-activation residual blocks in three stages; the last two each halve height and width."""
    images = keras.Input(IMAGE_SHAPE, name="pixels")
    outputs = keras.layers.Reshape((*IMAGE_SHAPE, 1), name="add_channel")(images)
    kernel, strides = 3 * config.strides, config.strides
    outputs = _convolution(config.filters[0], kernel, strides, "stem")(outputs)
    for stage, filters in enumerate(config.filters):
        for block in range(config.blocks):
            strides = 2 if stage and not block else 1
            outputs = _residual_block(config, outputs, filters, strides, f"{stage}_{block}")
    outputs = _activated(config, outputs, "last")
    outputs = keras.layers.GlobalAveragePooling2D(name="mean")(outputs)
    if config.dropout:
        outputs = keras.layers.Dropout(config.dropout, name=f"dropout_{config.dropout}")(outputs)
    return keras.Model(images, _output_layer(config)(outputs))


def _residual_block(config: ResNet, inputs: Any, filters: int, strides: int, name: str) -> Any:
    """Two convolutions, each after batch normalization and ReLU, added to the shortcut."""
    activated = _activated(config, inputs, f"{name}_0")
    shortcut = inputs
    if strides > 1:
        shortcut = _convolution(filters, 1, strides, f"{name}_shortcut")(activated)
    outputs = _convolution(filters, 3, strides, f"{name}_0")(activated)
    outputs = _activated(config, outputs, f"{name}_1")
    outputs = _convolution(filters, 3, 1, f"{name}_1")(outputs)
    return keras.layers.Add(name=f"add_{name}")([shortcut, outputs])


def _activated(config: ResNet, inputs: Any, name: str) -> Any:
    momentum = config.batch_normalization_momentum
    normalize = keras.layers.BatchNormalization(momentum=momentum, name=f"batch_norm_{name}")
    return keras.layers.ReLU(name=f"relu_{name}")(normalize(inputs))


def _convolution(filters: int, kernel: int, strides: int, name: str) -> keras.Layer:
    return keras.layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=False,
        kernel_initializer="he_normal", name=f"conv_{name}",
    )  # fmt: skip
