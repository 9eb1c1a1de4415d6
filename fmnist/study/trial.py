"""A trial as a frozen dataclass, and the key that identifies it.

The key is the hash of the whole configuration: model, training, data, replicate. Where the trial
ran, which family asked for it and which backend computed it are not part of the key.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Self

from fmnist.data.config import ALL_FOLDS, DIGEST, NEWER, DataConfig
from fmnist.errors import InvalidInput, check
from fmnist.study import own_network
from fmnist.study.networks import NETWORKS, ModelConfig
from fmnist.study.own_network import OwnNetwork, Value
from fmnist.study.training import TrainingConfig

# Part of every key. Raise it when a field's meaning changes: no earlier trial counts as done then.
SCHEMA_VERSION = 1
Point = dict[str, Value]


def _plain(config: Any) -> dict[str, Any]:
    """A configuration's fields, without fields made by `newer` that have their default."""
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.metadata != NEWER or getattr(config, field.name) != field.default
    }


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training of one model.

    Trials of one configuration differ only in their `replicate`, counted from 0, and its seed.
    """

    model: ModelConfig
    training: TrainingConfig
    data: DataConfig
    replicate: int = 0

    def canonical(self) -> dict[str, Any]:
        """The trial as data for JSON, which `Trial.from_canonical` reads back."""
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
            InvalidInput: if the schema version or a field is unknown, or a value is invalid.
        """
        found = canonical.get("schema")
        check(found == SCHEMA_VERSION, "schema", found, str(SCHEMA_VERSION))
        try:
            of_model, of_training = dict(canonical["model"]), canonical["training"]
            network = of_model.pop("network")
            model: ModelConfig
            if network == OwnNetwork.network:
                model, of_model = own_network.of_fields(of_model), {}
            else:
                model = _unset(network)
            data = DataConfig(**canonical["data"])
            check(bool(re.fullmatch(DIGEST, data.digest)), "digest", data.digest, "a SHA-256")
            trial = cls(
                model=model,
                training=TrainingConfig(),
                data=data,
                replicate=int(canonical["replicate"]),
            )
            return trial.with_values({**of_model, **of_training})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(f"configuration: {error}") from None

    @cached_property
    def key(self) -> str:
        """The trial's identity: 16 hexadecimal digits of the hash of its canonical form."""
        return digest_of(self.canonical())

    @cached_property
    def configuration_key(self) -> str:
        """The identity of the configuration, the same for all its replicates, or all its folds."""
        plain = self.canonical() | {"replicate": None}
        if self.data.is_fold:
            plain["data"] |= {"split": ALL_FOLDS, "digest": None}
        return digest_of(plain)

    @cached_property
    def origin(self) -> Self:
        """The first trial of those that this one continues; itself if it continues none."""
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
        """The same trial with the values of a grid point.

        Raises:
            InvalidInput: if a field is unknown, or a value is of the wrong type or out of range.
        """
        values: dict[str, Any] = {**typed(self.model, point)}
        of_model = {name: value for name, value in values.items() if name in vars(self.model)}
        of_training = {name: values[name] for name in values.keys() - of_model.keys()}
        return dataclasses.replace(
            self,
            model=dataclasses.replace(self.model, **of_model),
            training=dataclasses.replace(self.training, **of_training),
        )


@cache
def _unset(network: str) -> ModelConfig:
    return NETWORKS[network]()


def defaults(model: ModelConfig) -> dict[str, Value]:
    """The default of every field of a network and of its training.

    Of a person's own network only the training has defaults that are known.
    """
    return _defaults_of(model.network)


@cache
def _defaults_of(network: str) -> dict[str, Value]:
    of_model = vars(_unset(network)) if network in NETWORKS else {}
    return {**of_model, **vars(TrainingConfig())}


def typed(model: ModelConfig, point: Mapping[str, object]) -> Point:
    """A point of a network's grid, each value converted to its field's type.

    Raises:
        InvalidInput: if a field is unknown, or a value is of the wrong type.
    """
    usual, kind = defaults(model), model.network
    if isinstance(model, OwnNetwork):
        usual, kind = {**model.arguments, **usual}, "network of your own"
    for field in point:
        if field not in usual:
            known = ", ".join(usual)
            raise InvalidInput(f"{field}: unknown field of a {kind}; known: {known}")
    return {field: _as_type_of(usual[field], field, value) for field, value in point.items()}


def _as_type_of(example: Value, field: str, value: object) -> Value:
    """`value` as the type of `example`: 1 and YAML's text "1e-3" as floats; True is not an int."""
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
