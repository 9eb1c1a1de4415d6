"""What a trial is: frozen dataclasses, their validation, and the key that identifies a trial.

The key is the hash of everything that can change a trial's result. Where it ran, which family
asked for it and which backend computed it are not part of it.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Self, TypeVar

from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput, check, check_choice
from fmnist.study.networks import NETWORKS, ModelConfig

# Part of every key: raise it when the meaning of a field changes, and no old trial counts as done.
SCHEMA_VERSION = 1
# Marks fields that are newer than the schema, see `newer`.
NEWER = {"newer than the schema": True}

OPTIMIZERS = (
    "adam", "nadam", "amsgrad", "rmsprop", "adagrad", "adadelta", "sgd", "momentum", "nesterov",
)  # fmt: skip
PRECISIONS = ("float32", "mixed_bfloat16")
SCHEDULES = ("plateau", "one_cycle")
KEPT_WEIGHTS = BEST, LAST = "best", "last"

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


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained; the defaults are the study's.

    Attributes:
        continues: that the training goes on where shorter ones of the same model ended: "1-3" that
            it was first limited to 1 epoch, then to 3. It has their seed, see `Trial.origin`.
        schedule: of the learning rate. "plateau" lowers it where the validation loss makes no
            progress, and stops early. "one_cycle" warms up to it and ends at 0 in the last epoch,
            whose weights are kept; each limit ends a cycle.
        weights: which epoch's weights "plateau" keeps: "best" is the one of lowest validation
            loss, "last" the one in which training stopped.
        plateau_min_delta: by how much the validation loss must fall to count as progress for the
            learning rate; for early stopping every fall counts.
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
    weights: str = newer(BEST)
    plateau_min_delta: float = newer(1e-4)

    def __post_init__(self) -> None:
        check(1 <= self.epochs <= 10_000, "epochs", self.epochs, "1 to 10000")
        check(1 <= self.batch_size <= 10_000, "batch_size", self.batch_size, "1 to 10000")
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check(0 < self.learning_rate <= 10, "learning_rate", self.learning_rate, "above 0, to 10")
        for name in ("early_stopping_patience", "plateau_patience"):
            check(getattr(self, name) >= 1, name, getattr(self, name), "1 or more epochs")
        check(self.plateau_cooldown >= 0, "plateau_cooldown", self.plateau_cooldown, "0 or more")
        check(0 < self.plateau_factor < 1, "plateau_factor", self.plateau_factor, "between 0 and 1")
        least = self.minimum_learning_rate
        check(
            0 <= least <= self.learning_rate, "minimum_learning_rate", least, "0 to learning_rate"
        )
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("weights", self.weights, KEPT_WEIGHTS)
        delta = self.plateau_min_delta
        check(0 <= delta <= 1, "plateau_min_delta", delta, "0 to 1")
        check(0 <= self.weight_decay <= 1, "weight_decay", self.weight_decay, "0 to 1")
        smoothing = self.label_smoothing
        check(0 <= smoothing < 1, "label_smoothing", smoothing, "a number from 0 to below 1")
        check(0 <= self.shift <= 14, "shift", self.shift, "0 to 14 pixels")
        check(0 <= self.cutout <= 28, "cutout", self.cutout, "0 to 28 pixels")
        known = re.fullmatch(r"([1-9][0-9]{0,3}(-[1-9][0-9]{0,3})*)?", self.continues)
        rises = bool(known) and all(before < after for before, after in pairwise(self.limits))
        check(rises, "continues", self.continues, "limits that rise to below epochs, such as 1-3")

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are kept, and not the last one's."""
        return self.schedule == "plateau" and self.weights == BEST

    @property
    def limits(self) -> tuple[int, ...]:
        """The limits of epochs that the training had, from the first to its own."""
        return (*(int(limit) for limit in self.continues.split("-") if limit), self.epochs)


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
        check(found == SCHEMA_VERSION, "schema", found, str(SCHEMA_VERSION))
        try:
            fields = {**canonical["model"], **canonical["training"]}
            model, training = _unset(fields.pop("network"))
            trial = cls(
                model=model,
                training=training,
                data=DataConfig(**canonical["data"]),
                replicate=int(canonical["replicate"]),
            )
            return trial.with_values(fields)
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
        values: dict[str, Any] = {**typed(self.model.network, point)}
        of_model = {name: value for name, value in values.items() if name in vars(self.model)}
        of_training = {name: values[name] for name in values.keys() - of_model.keys()}
        return dataclasses.replace(
            self,
            model=dataclasses.replace(self.model, **of_model),
            training=dataclasses.replace(self.training, **of_training),
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


@cache
def _unset(network: str) -> tuple[ModelConfig, TrainingConfig]:
    return NETWORKS[network](), TrainingConfig()


def defaults(network: str) -> dict[str, Value]:
    """The fields of a network and of its training, with the values that they have unless set."""
    model, training = _unset(network)
    return {**vars(model), **vars(training)}


def typed(network: str, point: Mapping[str, object]) -> Point:
    """A point of a network's grid with every value of its field's type.

    Raises:
        InvalidInput: if a field is unknown, or a value is of the wrong type.
    """
    usual = defaults(network)
    for field in point:
        if field not in usual:
            known = ", ".join(usual)
            raise InvalidInput(f"{field}: unknown field of a {network}; known: {known}")
    return {field: _as_type_of(usual[field], field, value) for field, value in point.items()}


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
