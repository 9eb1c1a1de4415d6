"""What a trial is: frozen dataclasses, their validation, and the key that identifies a trial.

The key is the hash of everything that can change a trial's result. Where it ran, which family
asked for it and which backend computed it are not part of it.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self, TypeVar

# Part of every key: raise it when the meaning of a field changes, and no old trial counts as done.
SCHEMA_VERSION = 1
# Marks fields that are newer than the schema, see `newer`.
NEWER = {"newer than the schema": True}

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu")
LAST_ACTIVATIONS = ("softmax", "sigmoid")
OPTIMIZERS = (
    "adam", "nadam", "amsgrad", "rmsprop", "adagrad", "adadelta", "sgd", "momentum", "nesterov",
)  # fmt: skip
PADDINGS = ("same", "valid")
PRECISIONS = ("float32", "mixed_bfloat16")
SCHEDULES = ("plateau", "one_cycle")
SPLIT_PATTERN = r"holdout|fold-[1-5]"

# One value of a searched field, as a grid file, keras-tuner and MLflow can all write it.
Value = bool | int | float | str
Point = dict[str, Value]


Default = TypeVar("Default")


def newer(default: Default) -> Default:
    """A field that is newer than the schema; its default means what was done before it was there.

    While it has that default it is left out of a trial's canonical form, so that no trial gets
    another key by it.
    """
    made: Default = dataclasses.field(default=default, metadata=NEWER)
    return made


def _plain(config: Any) -> dict[str, Any]:
    """The fields of a configuration, without newer ones that have their default."""
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.metadata != NEWER or getattr(config, field.name) != field.default
    }


class InvalidInput(ValueError):  # noqa: N818 - it is no error of the program
    """What the user gave makes no sense; one line says what, and what is accepted."""


def _check(holds: bool, field: str, value: object, accepted: str) -> None:
    if not holds:
        raise InvalidInput(f"{field}={value}: accepted is {accepted}")


def _check_choice(field: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        _check(False, field, value, "one of " + ", ".join(choices))


@dataclass(frozen=True, kw_only=True)
class MLP:
    """A multilayer perceptron: `architecture` lists hidden units ("512-256"), or is "linear"."""

    architecture: str = "linear"
    dropout: float = 0.0
    activation: str = "relu"
    last_activation: str = "softmax"

    network = "mlp"
    mirrored = False

    def __post_init__(self) -> None:
        known = re.fullmatch(r"linear|[1-9][0-9]{0,4}(-[1-9][0-9]{0,4}){0,9}", self.architecture)
        _check(
            bool(known),
            "architecture",
            self.architecture,
            "linear, or hidden units such as 512-256",
        )
        _check(0 <= self.dropout < 1, "dropout", self.dropout, "a number from 0 to below 1")
        _check_choice("activation", self.activation, ACTIVATIONS)
        _check_choice("last_activation", self.last_activation, LAST_ACTIVATIONS)

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
    batch_normalization_momentum: float = 0.99
    activation: str = "relu"
    last_activation: str = "softmax"
    kernel_size: int = 3
    strides: int = 1
    dilation_rate: int = 1
    padding: str = "same"

    network = "cnn"
    mirrored = False

    def __post_init__(self) -> None:
        known = re.fullmatch(r"[1-5]x[1-9][0-9]{0,3}", self.architecture)
        _check(
            bool(known), "architecture", self.architecture, "layers x first filters, such as 3x128"
        )
        _check(0 <= self.dropout < 1, "dropout", self.dropout, "a number from 0 to below 1")
        momentum = self.batch_normalization_momentum
        _check(0 < momentum < 1, "batch_normalization_momentum", momentum, "between 0 and 1")
        _check_choice("activation", self.activation, ACTIVATIONS)
        _check_choice("last_activation", self.last_activation, LAST_ACTIVATIONS)
        _check(1 <= self.kernel_size <= 11, "kernel_size", self.kernel_size, "1 to 11")
        _check(1 <= self.strides <= 4, "strides", self.strides, "1 to 4")
        _check(1 <= self.dilation_rate <= 4, "dilation_rate", self.dilation_rate, "1 to 4")
        one_is_1 = self.strides == 1 or self.dilation_rate == 1
        _check(one_is_1, "dilation_rate", self.dilation_rate, "1 when strides is above 1")
        _check_choice("padding", self.padding, PADDINGS)

    @property
    def filters(self) -> tuple[int, ...]:
        """Filters per convolution, from the first to the last."""
        layers, first = (int(number) for number in self.architecture.split("x"))
        return tuple(first * 2**layer for layer in range(layers))


@dataclass(frozen=True, kw_only=True)
class ResNet:
    """A pre-activation residual network: "3x16" is 3 blocks each of 16, 32 and 64 filters.

    Attributes:
        strides: of the first convolution; with 2 all that follows works on 14x14 pixels.
        mirrored: predict the mean of what the network gives for an image and its mirror image.
    """

    architecture: str = "3x16"
    dropout: float = 0.0
    batch_normalization_momentum: float = 0.99
    strides: int = 1
    mirrored: bool = False

    network = "resnet"
    last_activation = "softmax"

    def __post_init__(self) -> None:
        known = re.fullmatch(r"[1-9]x[1-9][0-9]{0,2}", self.architecture)
        _check(
            bool(known), "architecture", self.architecture, "blocks x first filters, such as 3x16"
        )
        _check(0 <= self.dropout < 1, "dropout", self.dropout, "a number from 0 to below 1")
        momentum = self.batch_normalization_momentum
        _check(0 < momentum < 1, "batch_normalization_momentum", momentum, "between 0 and 1")
        _check(1 <= self.strides <= 2, "strides", self.strides, "1 or 2")

    @property
    def blocks(self) -> int:
        """Residual blocks of each of the three stages."""
        return int(self.architecture.partition("x")[0])

    @property
    def filters(self) -> tuple[int, int, int]:
        """Filters of each stage."""
        first = int(self.architecture.partition("x")[2])
        return first, 2 * first, 4 * first


ModelConfig = MLP | CNN | ResNet
NETWORKS: dict[str, type[ModelConfig]] = {"mlp": MLP, "cnn": CNN, "resnet": ResNet}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained; the defaults are the study's.

    Attributes:
        continues: that the training goes on where shorter ones of the same model ended: "1-3" that
            it was first limited to 1 epoch, then to 3. It has their seed, see `Trial.origin`.
        schedule: of the learning rate. "plateau" lowers it where the validation loss makes no
            progress, stops early, and keeps the best epoch's weights. "one_cycle" warms up to it
            and ends at 0 in the last epoch, whose weights are kept; each limit ends a cycle.
        weight_decay: decoupled, of kernels alone.
        shift, flip, cutout: augmentation of training images, each image anew in every epoch: by up
            to so many pixels each way, mirrored or not, a square of so many pixels blackened.
    """

    epochs: int = 300
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    early_stopping_patience: int = 20
    plateau_patience: int = 10
    plateau_factor: float = 0.1
    plateau_cooldown: int = 2
    minimum_learning_rate: float = 0.0
    precision: str = "float32"
    continues: str = newer("")
    schedule: str = newer("plateau")
    weight_decay: float = newer(0.0)
    label_smoothing: float = newer(0.0)
    shift: int = newer(0)
    flip: bool = newer(False)
    cutout: int = newer(0)

    def __post_init__(self) -> None:
        _check(1 <= self.epochs <= 10_000, "epochs", self.epochs, "1 to 10000")
        _check(1 <= self.batch_size <= 10_000, "batch_size", self.batch_size, "1 to 10000")
        _check_choice("optimizer", self.optimizer, OPTIMIZERS)
        _check(0 < self.learning_rate <= 10, "learning_rate", self.learning_rate, "above 0, to 10")
        for name in ("early_stopping_patience", "plateau_patience"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "1 or more epochs")
        _check(self.plateau_cooldown >= 0, "plateau_cooldown", self.plateau_cooldown, "0 or more")
        _check(
            0 < self.plateau_factor < 1, "plateau_factor", self.plateau_factor, "between 0 and 1"
        )
        least = self.minimum_learning_rate
        _check(
            0 <= least <= self.learning_rate, "minimum_learning_rate", least, "0 to learning_rate"
        )
        _check_choice("precision", self.precision, PRECISIONS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check(0 <= self.weight_decay <= 1, "weight_decay", self.weight_decay, "0 to 1")
        smoothing = self.label_smoothing
        _check(0 <= smoothing < 1, "label_smoothing", smoothing, "a number from 0 to below 1")
        _check(0 <= self.shift <= 14, "shift", self.shift, "0 to 14 pixels")
        _check(0 <= self.cutout <= 28, "cutout", self.cutout, "0 to 28 pixels")
        known = re.fullmatch(r"([1-9][0-9]{0,3}(-[1-9][0-9]{0,3})*)?", self.continues)
        rises = bool(known) and all(before < after for before, after in pairwise(self.limits))
        _check(rises, "continues", self.continues, "limits that rise to below epochs, such as 1-3")

    @property
    def limits(self) -> tuple[int, ...]:
        """The limits of epochs that the training had, from the first to its own."""
        return (*(int(limit) for limit in self.continues.split("-") if limit), self.epochs)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a trial trains and validates on; `digest` is the SHA-256 of exactly those.

    `samples` of the 60,000 training images are split 4:1, as "holdout" or as "fold-1" to "fold-5".
    """

    digest: str
    samples: int = 60_000
    split: str = "holdout"
    seed: int = 0

    def __post_init__(self) -> None:
        _check(10 <= self.samples <= 60_000, "samples", self.samples, "10 to 60000")
        known = re.fullmatch(SPLIT_PATTERN, self.split)
        _check(bool(known), "split", self.split, "holdout, or fold-1 to fold-5")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training: a model, how and on what it is trained, and which replicate it is."""

    model: ModelConfig
    training: TrainingConfig
    data: DataConfig
    replicate: int = 0

    def canonical(self) -> dict[str, Any]:
        """The trial as plain data; `Trial.from_canonical` reads it back."""
        return {
            "schema": SCHEMA_VERSION,
            "model": {"network": self.model.network, **_plain(self.model)},
            "training": _plain(self.training),
            "data": _plain(self.data),
            "replicate": self.replicate,
        }

    @classmethod
    def from_canonical(cls, canonical: Mapping[str, Any]) -> Self:
        """Rebuild a trial, validating every field again.

        Raises:
            InvalidInput: if the schema version or a field is unknown, or a value makes no sense.
        """
        found = canonical.get("schema")
        _check(found == SCHEMA_VERSION, "schema", found, str(SCHEMA_VERSION))
        try:
            model = dict(canonical["model"])
            network = NETWORKS[model.pop("network")]
            trial = cls(
                model=network(),
                training=TrainingConfig(),
                data=DataConfig(**canonical["data"]),
                replicate=int(canonical["replicate"]),
            )
            return trial.with_values({**model, **canonical["training"]})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(f"configuration: {error}") from None

    @cached_property
    def key(self) -> str:
        """The trial's identity: 16 hexadecimal digits of the hash of its canonical form."""
        return digest_of(self.canonical())

    @cached_property
    def configuration_key(self) -> str:
        """The same for all replicates of one configuration."""
        return digest_of(self.canonical() | {"replicate": None})

    @cached_property
    def origin(self) -> Self:
        """The trial that this one began as: itself, unless it continues another."""
        if not self.training.continues:
            return self
        first = dataclasses.replace(self.training, epochs=self.training.limits[0], continues="")
        return dataclasses.replace(self, training=first)

    @property
    def seed(self) -> int:
        """The seed of initial weights, dropout and batch order: 31 bits from the origin's key."""
        text = f"seed of {self.origin.key}"
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) >> 1

    def with_values(self, point: Mapping[str, object]) -> Self:
        """The same trial with the fields of a grid point set.

        Raises:
            InvalidInput: if a field is unknown, or a value is of the wrong type or out of range.
        """
        model, training = dict(vars(self.model)), dict(vars(self.training))
        for field, value in point.items():
            owner = next((fields for fields in (model, training) if field in fields), None)
            if owner is None:
                known = ", ".join([*model, *training])
                raise InvalidInput(
                    f"{field}: unknown field of a {self.model.network}; known: {known}"
                )
            owner[field] = _as_type_of(owner[field], field, value)
        return dataclasses.replace(
            self, model=type(self.model)(**model), training=TrainingConfig(**training)
        )


@dataclass(frozen=True, kw_only=True)
class Request:
    """A trial to be trained, by whichever process gets it.

    Attributes:
        label: what sets the trial apart in its family, for people.
        evaluate: what to score beside the validation split: "train", "test".
        deterministic: ask the backend for operations that give the same bits every time.
        to_be_continued: keep the last state, for a trial that continues this one.
    """

    trial: Trial
    family: str
    preset: str
    label: str = ""
    attempt: int = 1
    evaluate: tuple[str, ...] = ()
    deterministic: bool = False
    to_be_continued: bool = False

    def to_plain(self) -> dict[str, Any]:
        """The request as plain data; `Request.from_plain` reads it back."""
        return {**vars(self), "trial": self.trial.canonical(), "evaluate": list(self.evaluate)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Rebuild a request, validating its trial again."""
        trial = Trial.from_canonical(plain["trial"])
        return cls(**{**plain, "trial": trial, "evaluate": tuple(plain["evaluate"])})


def _as_type_of(example: Value, field: str, value: object) -> Value:
    """`value` as the type of `example`: 1 and 1e-3 (text in YAML) are floats, True is no int."""
    kind = type(example)
    if kind is float and isinstance(value, int | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            value = float(value)
    if type(value) is not kind:
        raise InvalidInput(f"{field}={value!r}: accepted is a value of type {kind.__name__}")
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0


def digest_of(plain: object) -> str:
    """16 hexadecimal digits of the SHA-256 of `plain` as canonical JSON (sorted, no spaces)."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
