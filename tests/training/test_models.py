"""Models have the study's layers and parameters; optimizers its settings."""

import dataclasses
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from fmnist.study import networks
from fmnist.study.networks import CNN, MLP, VGG, ResNet
from fmnist.study.training import OPTIMIZERS, TrainingConfig
from fmnist.training import models, optimizers

FINAL_MLP = MLP(architecture="768", dropout=0.3)
FINAL_CNN = CNN(architecture="3x128", dropout=0.25)


def predict(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def table(model):
    """The layers as the study prints them: name, kind, output shape, parameters."""
    return [
        (layer.name, type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in model.layers
    ]


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (MLP(), 7_850),
        (FINAL_MLP, 610_570),
        (FINAL_CNN, 1_562_122),
        (MLP(architecture="256-128"), 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10),
        (ResNet(), 273_370),
        (ResNet(architecture="1x64", strides=2), 1_229_322),
        (
            VGG(),
            9 * (64 + 64 * (64 + 128) + 128 * (128 + 256) + 256**2)
            + 4 * 2 * (64 + 128 + 256)
            + 256 * 10
            + 10,
        ),
        (CNN(architecture="1x8", batch_normalization=False), 9 * 8 + 8 + 14 * 14 * 8 * 10 + 10),
    ],
)
def test_parameters(config, parameters):
    assert models.build(config).count_params() == parameters


def test_the_studys_final_mlp():
    assert table(models.build(FINAL_MLP)) == [
        ("flatten_input", "Flatten", (784,), 0),
        ("dense_0_768_relu", "Dense", (768,), 602_880),
        ("dropout_0_0.3", "Dropout", (768,), 0),
        ("dense_output_softmax", "Dense", (10,), 7_690),
    ]


def test_the_studys_final_cnn():
    assert table(models.build(FINAL_CNN)) == [
        ("add_channel", "Reshape", (28, 28, 1), 0),
        ("conv_0_128_3.3_1.1_same_1.1_relu", "Conv2D", (28, 28, 128), 1_280),
        ("batch_norm_0", "BatchNormalization", (28, 28, 128), 512),
        ("max_pool_0_2.2_2.2_same", "MaxPooling2D", (14, 14, 128), 0),
        ("dropout_0_0.25", "Dropout", (14, 14, 128), 0),
        ("conv_1_256_3.3_1.1_same_1.1_relu", "Conv2D", (14, 14, 256), 295_168),
        ("batch_norm_1", "BatchNormalization", (14, 14, 256), 1_024),
        ("max_pool_1_2.2_2.2_same", "MaxPooling2D", (7, 7, 256), 0),
        ("dropout_1_0.25", "Dropout", (7, 7, 256), 0),
        ("conv_2_512_3.3_1.1_same_1.1_relu", "Conv2D", (7, 7, 512), 1_180_160),
        ("batch_norm_2", "BatchNormalization", (7, 7, 512), 2_048),
        ("max_pool_2_2.2_2.2_same", "MaxPooling2D", (4, 4, 512), 0),
        ("dropout_2_0.25", "Dropout", (4, 4, 512), 0),
        ("cnn_flatten_connect", "Flatten", (8_192,), 0),
        ("dense_output_softmax", "Dense", (10,), 81_930),
    ]


def test_the_plain_cnn_has_neither_batch_normalization_nor_dropout():
    plain = models.build(CNN(architecture="1x8", batch_normalization=False))
    kinds = [type(layer).__name__ for layer in plain.layers]
    assert kinds == ["Reshape", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]


def test_every_field_of_a_cnn_reaches_its_layers():
    config = CNN(
        architecture="2x4", dropout=0.1, batch_normalization_momentum=0.5, activation="tanh",
        last_activation="sigmoid", kernel_size=5, dilation_rate=2, padding="valid",
    )  # fmt: skip
    built = models.build(config)
    convolution, normalization, _, dropout = built.layers[1:5]
    assert convolution.kernel_size == (5, 5)
    assert convolution.dilation_rate == (2, 2)
    assert convolution.padding == "valid"
    assert convolution.activation is keras.activations.tanh
    assert normalization.momentum == 0.5
    assert dropout.rate == 0.1
    assert built.layers[-1].activation is keras.activations.sigmoid
    strided = models.build(CNN(architecture="1x4", strides=2))
    assert strided.layers[1].output.shape == (None, 14, 14, 4)


@pytest.mark.parametrize(
    "config",
    [MLP(architecture="16"), CNN(architecture="2x4"), ResNet(architecture="1x4"), VGG()],
)
def test_a_registered_model_takes_raw_pixels(config):
    model = models.build(config)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    raw = predict(models.with_raw_pixels(model), pixels.astype(np.float32))
    scaled = predict(model, pixels.astype(np.float32) / 255)
    np.testing.assert_allclose(raw, scaled, rtol=1e-4)
    np.testing.assert_allclose(raw.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(raw - predict(model, pixels.astype(np.float32))).max() > 0.01


def test_bfloat16_is_for_hidden_layers_of_one_model_only():
    model = models.build(MLP(architecture="16"), "mixed_bfloat16")
    assert [layer.compute_dtype for layer in model.layers[1:]] == ["bfloat16", "float32"]
    assert {weight.dtype for weight in model.weights} == {"float32"}
    plain = models.build(MLP(architecture="16"))
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}


SETTINGS = {
    "adam": ("Adam", {"amsgrad": False}),
    "nadam": ("Nadam", {}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "rmsprop": ("RMSprop", {"momentum": 0.0}),
    "adagrad": ("Adagrad", {}),
    "adadelta": ("Adadelta", {}),
    "sgd": ("SGD", {"momentum": 0.0, "nesterov": False}),
    "momentum": ("SGD", {"momentum": 0.9, "nesterov": False}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_has_the_studys_settings(name):
    kind, settings = SETTINGS[name]
    optimizer = optimizers.build_optimizer(TrainingConfig(optimizer=name, learning_rate=0.02), 100)
    assert type(optimizer).__name__ == kind
    assert settings.items() <= optimizer.get_config().items()
    assert float(optimizer.learning_rate) == pytest.approx(0.02)


def test_a_residual_network_halves_its_side_twice_or_thrice():
    def shapes(config):
        layers = models.build(config).layers
        return [layer.output.shape[1:] for layer in layers if layer.name.startswith("add_")]

    assert shapes(ResNet(architecture="1x4"))[1:] == [(28, 28, 4), (14, 14, 8), (7, 7, 16)]
    strided = shapes(ResNet(architecture="2x4", strides=2))[1:]
    assert strided == [(14, 14, 4)] * 2 + [(7, 7, 8)] * 2 + [(4, 4, 16)] * 2


def test_a_vgg_halves_its_side_within_each_block():
    layers = models.build(VGG(architecture="4-8-16")).layers
    shapes = [layer.output.shape[1:] for layer in layers if layer.name.startswith("conv_")]
    assert shapes == [(28, 28, 4), (14, 14, 4), (14, 14, 8), (7, 7, 8), (7, 7, 16), (3, 3, 16)]


def test_multiply_adds_are_those_of_the_layers():
    for config in (
        *(MLP(), MLP(architecture="512-256"), CNN(architecture="3x128"), VGG(), ResNet()),
        CNN(architecture="1x8", kernel_size=5, strides=2, padding="valid"),
        ResNet(architecture="2x8", strides=2),
    ):
        kernels = [layer for layer in models.build(config).layers if hasattr(layer, "kernel")]
        of_layers = sum(
            layer.kernel.shape.num_elements() * np.prod(layer.output.shape[1:-1], dtype=int)
            for layer in kernels
        )
        assert networks.multiply_adds(config) == of_layers
    mirrored = ResNet(mirrored=True)
    assert networks.prediction_multiply_adds(mirrored) == 2 * networks.multiply_adds(mirrored)


def test_a_mirrored_model_gives_the_mean_and_loads_without_our_code(tmp_path):
    config = ResNet(architecture="1x4", strides=2, mirrored=True)
    network = models.build(config)
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.float32)
    both = [predict(network, side / 255) for side in (images, images[:, :, ::-1])]
    model = models.with_raw_pixels(models.predictor(config, network))
    np.testing.assert_allclose(predict(model, images), np.mean(both, axis=0), atol=1e-6)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", images)
    code = (
        "import sys, keras, numpy as np; model = keras.models.load_model('model.keras');"
        "np.save('found.npy', model(np.load('images.npy'), training=False));"
        "assert not any(name.startswith('fmnist') for name in sys.modules)"
    )
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), predict(model, images), atol=1e-6)


def test_weight_decay_spares_all_but_kernels():
    variables = models.build(ResNet(architecture="1x4")).trainable_variables
    for variable in variables:
        variable.assign(keras.ops.ones_like(variable))
    training = TrainingConfig(optimizer="nesterov", weight_decay=0.1)
    optimizer = optimizers.build_optimizer(training, 100)
    optimizer.build(variables)
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables])
    shrunk = {v.name for v in variables if (keras.ops.convert_to_numpy(v) < 1).all()}
    kept = {v.name for v in variables if (keras.ops.convert_to_numpy(v) == 1).all()}
    assert (shrunk, kept) == ({"kernel"}, {"gamma", "beta", "bias"})


def test_one_cycle_rises_and_ends_at_0_at_each_limit():
    config = TrainingConfig(epochs=3, batch_size=10, learning_rate=0.5, schedule="one_cycle")
    rate = optimizers.OneCycle(config, 10)
    assert [float(rate(step)) for step in (0, 3, 6, 30)] == pytest.approx([0, 0.25, 0.5, 0])
    continued = optimizers.OneCycle(dataclasses.replace(config, continues="1"), 10)
    steps = (0, 2, 10, 14, 30)
    assert [float(continued(step)) for step in steps] == pytest.approx([0, 0.5, 0, 0.5, 0])
