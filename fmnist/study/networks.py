"""The networks that can be trained, as frozen dataclasses that refuse invalid values."""

import re
from dataclasses import dataclass
from itertools import pairwise

from fmnist.errors import check, check_choice
from fmnist.study.own_network import OwnNetwork

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu")
LAST_ACTIVATIONS = ("softmax", "sigmoid")
PADDINGS = ("same", "valid")
# Of batch normalization, unless a family or a preset says another; as in Keras.
MOMENTUM = 0.99


@dataclass(frozen=True, kw_only=True)
class MLP:
    """A multilayer perceptron: `architecture` lists hidden units ("512-256"), or is "linear".

    Raises:
        InvalidInput: if a value is out of range. The same goes for the other networks.
    """

    architecture: str = "linear"
    dropout: float = 0.0
    activation: str = "relu"
    last_activation: str = "softmax"

    network = "mlp"
    mirrored = False

    def __post_init__(self) -> None:
        form = r"linear|[1-9][0-9]{0,4}(-[1-9][0-9]{0,4}){0,9}"
        _check_architecture(self, form, "linear, or hidden units such as 512-256")
        check(0 <= self.dropout < 1, "dropout", self.dropout, "a number from 0 to below 1")
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("last_activation", self.last_activation, LAST_ACTIVATIONS)

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units per hidden layer, from the first to the last; empty for the linear model."""
        if self.architecture == "linear":
            return ()
        return tuple(int(units) for units in self.architecture.split("-"))


@dataclass(frozen=True, kw_only=True)
class CNN:
    """A convolutional network: "3x128" is 3 convolutions of 128, 256 and 512 filters."""

    architecture: str = "1x8"
    dropout: float = 0.0
    batch_normalization: bool = True
    batch_normalization_momentum: float = MOMENTUM
    activation: str = "relu"
    last_activation: str = "softmax"
    kernel_size: int = 3
    strides: int = 1
    dilation_rate: int = 1
    padding: str = "same"

    network = "cnn"
    mirrored = False

    def __post_init__(self) -> None:
        form = r"[1-5]x[1-9][0-9]{0,3}"
        _check_architecture(self, form, "layers x first filters, such as 3x128")
        _check_regularization(self)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("last_activation", self.last_activation, LAST_ACTIVATIONS)
        check(1 <= self.kernel_size <= 11, "kernel_size", self.kernel_size, "1 to 11")
        check(1 <= self.strides <= 4, "strides", self.strides, "1 to 4")
        check(1 <= self.dilation_rate <= 4, "dilation_rate", self.dilation_rate, "1 to 4")
        compatible = self.strides == 1 or self.dilation_rate == 1
        check(compatible, "dilation_rate", self.dilation_rate, "1 when strides is above 1")
        check_choice("padding", self.padding, PADDINGS)
        fits = all(side > 0 for side in self.sides)
        check(fits, "padding", self.padding, "same where layers would leave no pixels")

    @property
    def sides(self) -> list[int]:
        """The side of each convolution's output in pixels; each is then halved by pooling."""
        lost = 0 if self.padding == "same" else self.dilation_rate * (self.kernel_size - 1)
        side, found = PIXEL_ROWS, []
        for _ in self.filters:
            found.append(-(-(side - lost) // self.strides))
            side = -(-found[-1] // 2)
        return found

    @property
    def filters(self) -> tuple[int, ...]:
        """Filters per convolution, from the first to the last."""
        layers, first = (int(number) for number in self.architecture.split("x"))
        return tuple(first * 2**layer for layer in range(layers))


@dataclass(frozen=True, kw_only=True)
class ResNet:
    """A pre-activation residual network (He et al. 2016, Identity Mappings).

    "3x16" has three stages of 3 blocks each, of 16, 32 and 64 filters.

    Attributes:
        strides: of the first convolution; 2 halves the images to 14x14 for all that follows.
        mirrored: predict the mean of the probabilities for an image and its mirror image.
    """

    architecture: str = "3x16"
    dropout: float = 0.0
    batch_normalization_momentum: float = MOMENTUM
    strides: int = 1
    mirrored: bool = False

    network = "resnet"
    last_activation = "softmax"

    def __post_init__(self) -> None:
        form = r"[1-9]x[1-9][0-9]{0,2}"
        _check_architecture(self, form, "blocks x first filters, such as 3x16")
        _check_regularization(self)
        check(1 <= self.strides <= 2, "strides", self.strides, "1 or 2")

    @property
    def blocks(self) -> int:
        """The number of residual blocks in each of the three stages."""
        return int(self.architecture.partition("x")[0])

    @property
    def filters(self) -> tuple[int, int, int]:
        """Filters per stage."""
        first = int(self.architecture.partition("x")[2])
        return first, 2 * first, 4 * first


@dataclass(frozen=True, kw_only=True)
class VGG:
    """A VGG-like network: "64-128-256" is three blocks of two 3x3 convolutions each.

    The numbers are the blocks' filters. Each block halves the images between its two convolutions,
    which costs less than at its end. The design follows the CIFAR-10 speed records (Keller Jordan,
    94% on CIFAR-10 in 3.29 seconds on a single GPU).

    Attributes:
        mirrored: predict the mean of the probabilities for an image and its mirror image.
    """

    architecture: str = "64-128-256"
    dropout: float = 0.0
    batch_normalization_momentum: float = MOMENTUM
    activation: str = "relu"
    mirrored: bool = False

    network = "vgg"
    last_activation = "softmax"

    def __post_init__(self) -> None:
        form = r"[1-9][0-9]{0,3}(-[1-9][0-9]{0,3}){0,3}"
        _check_architecture(self, form, "filters of 1 to 4 blocks: 64-128-256")
        _check_regularization(self)
        check_choice("activation", self.activation, ACTIVATIONS)

    @property
    def filters(self) -> tuple[int, ...]:
        """Filters per block."""
        return tuple(int(filters) for filters in self.architecture.split("-"))


def _check_architecture(model: "BuiltIn", form: str, accepted: str) -> None:
    found = model.architecture
    check(bool(re.fullmatch(form, found)), "architecture", found, accepted)


def _check_regularization(model: CNN | ResNet | VGG) -> None:
    check(0 <= model.dropout < 1, "dropout", model.dropout, "a number from 0 to below 1")
    momentum = model.batch_normalization_momentum
    check(0 < momentum < 1, "batch_normalization_momentum", momentum, "between 0 and 1")


BuiltIn = MLP | CNN | ResNet | VGG
ModelConfig = BuiltIn | OwnNetwork
NETWORKS: dict[str, type[BuiltIn]] = {"mlp": MLP, "cnn": CNN, "resnet": ResNet, "vgg": VGG}


PIXEL_ROWS = 28
PIXELS = PIXEL_ROWS**2
CLASSES = 10


def multiply_adds(model: ModelConfig) -> int:
    """The multiply-adds of one forward pass of one image, by convolutions and dense layers.

    They are 0, for unknown, of a person's own network.
    """
    match model:
        case OwnNetwork():
            return 0
        case MLP(hidden_units=hidden):
            sizes = (PIXELS, *hidden, CLASSES)
            return sum(before * after for before, after in pairwise(sizes))
        case CNN():
            return _convolution_multiply_adds(model)
        case ResNet():
            return _residual_multiply_adds(model)
        case VGG():
            return _vgg_multiply_adds(model)


def prediction_multiply_adds(model: ModelConfig) -> int:
    """The multiply-adds of predicting one image; twice as many if its mirror image is averaged."""
    return multiply_adds(model) * (1 + model.mirrored)


def _convolution_multiply_adds(model: CNN) -> int:
    channels, total = 1, 0
    for side, filters in zip(model.sides, model.filters, strict=True):
        total += side * side * channels * filters * model.kernel_size**2
        channels = filters
    return total + (-(-side // 2)) ** 2 * channels * CLASSES


def _residual_multiply_adds(model: ResNet) -> int:
    side, channels = PIXEL_ROWS // model.strides, model.filters[0]
    total = side**2 * channels * (3 * model.strides) ** 2
    for stage, filters in enumerate(model.filters):
        if stage:
            side = -(-side // 2)
            total += side**2 * channels * filters  # the shortcut
        total += 9 * side**2 * (channels * filters + (2 * model.blocks - 1) * filters**2)
        channels = filters
    return total + channels * CLASSES


def _vgg_multiply_adds(model: VGG) -> int:
    side, channels, total = PIXEL_ROWS, 1, 0
    for filters in model.filters:
        total += 9 * side**2 * channels * filters + 9 * (side // 2) ** 2 * filters**2
        side, channels = side // 2, filters
    return total + channels * CLASSES
