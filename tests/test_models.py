"""Models have the study's layers and parameters; optimizers its settings."""

import keras
import numpy as np
import pytest

from fmnist import models
from fmnist.config import CNN, MLP, OPTIMIZERS, TrainingConfig

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


@pytest.mark.parametrize("config", [MLP(architecture="16"), CNN(architecture="2x4")])
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
    optimizer = models.build_optimizer(TrainingConfig(optimizer=name, learning_rate=0.02))
    assert type(optimizer).__name__ == kind
    assert settings.items() <= optimizer.get_config().items()
    assert float(optimizer.learning_rate) == pytest.approx(0.02)
