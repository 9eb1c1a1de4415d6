"""Names of configurations and models in figures and sentences: "linear, batch 256"; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fmnist.results.accuracy import Accuracy
from fmnist.study.families import FAMILIES, FINALS
from fmnist.study.naming import settings
from fmnist.study.networks import VGG, ResNet
from fmnist.study.trial import Trial

# A setting in words, by its field and its value; others are "field value".
_OF_VALUE = {
    "dropout=0.0": "no dropout",
    "batch_normalization=True": "batch norm",
    "batch_normalization=False": "no batch norm",
    "optimizer=adam": "Adam",
    "optimizer=nadam": "Nadam",
    "optimizer=amsgrad": "AMSGrad",
    "optimizer=rmsprop": "RMSprop",
    "optimizer=adagrad": "Adagrad",
    "optimizer=adadelta": "Adadelta",
    "optimizer=sgd": "SGD",
    "optimizer=momentum": "momentum",
    "optimizer=nesterov": "Nesterov",
    "precision=mixed_bfloat16": "bfloat16",
    "mirrored=True": "averaged with its mirror image",
    "mirrored=False": "one view",
    "flip=True": "mirror images",
}
_OF_FIELD = {
    "batch_size": "batch", "shift": "shifts of", "cutout": "cutouts of", "kernel_size": "kernel",
}  # fmt: skip
# What a label need not say beside others that have it.
_UNSAID = ("shift=0", "flip=False", "cutout=0")
_SETTING = re.compile(r" (\w+)=([^\s,()]+)")
_LAYERS_BY_FILTERS = re.compile(r"\b(\d+)x(\d+)\b")
_TIMES = "\N{MULTIPLICATION SIGN}"
_MILLION = 1_000_000


def plain(text: str) -> str:
    """A text with every configuration in it in people's words.

    "768 dropout=0.3 batch_size=512" becomes "768, dropout 0.3, batch 512".
    """
    told = _SETTING.sub(lambda found: f", {_setting(found[1], found[2])}", text)
    return _with_times(told)


def _with_times(text: str) -> str:
    return _LAYERS_BY_FILTERS.sub(rf"\1{_TIMES}\2", text)


def _setting(name: str, value: object) -> str:
    field = _OF_FIELD.get(name, name.replace("_", " "))
    return _OF_VALUE.get(f"{name}={value}", f"{field} {value}")


def told_apart(trials: Sequence[Trial]) -> tuple[list[str], str]:
    """A label for each of the trials, and the settings beyond the usual that all have.

    A label has the architecture and every setting in which the trials differ.
    """
    fields = [vars(trial.model) | vars(trial.training) for trial in trials]
    varied = [
        name
        for name in fields[0]
        if name != "architecture" and len({one.get(name) for one in fields}) > 1
    ]
    labels = [_label(one, varied) for one in fields]
    shared = {name: value for name, value in settings(trials[0]).items() if name not in varied}
    return labels, ", ".join(_setting(name, value) for name, value in shared.items())


def _label(fields: Mapping[str, object], varied: Sequence[str]) -> str:
    shown = [
        _setting(name, fields[name])
        for name in varied
        if name in fields and f"{name}={fields[name]}" not in _UNSAID
    ]
    return _with_times(", ".join([str(fields["architecture"]), *shown]))


def family_of(model: str) -> str:
    """The family whose search found an evaluated model; for a final, by its network."""
    name, _, words = model.partition(" ")
    network = ResNet if _LAYERS_BY_FILTERS.match(words) else VGG
    candidates = FINALS[name].candidates if name in FINALS else ()
    return next((one for one in candidates if isinstance(FAMILIES[one].model, network)), name)


_NETWORKS = {
    "champion_search": "VGG-like", "wide_search": "wide ResNet",
    "small_search": "small ResNet", "small_vgg_search": "small VGG-like",
}  # fmt: skip


class Timed(NamedTuple):
    """An evaluated model whose training time is known; `refit`: trained again once chosen."""

    label: str
    family: str
    minutes: float
    refit: bool
    accuracy: Accuracy


def model_in_short(model: str, parameters: float, hardware: str) -> str:
    """An evaluated model in a few words: "wide ResNet, 11 M, H200"."""
    name = _NETWORKS.get(family_of(model), plain(model))
    machines = hardware.replace("NVIDIA ", "").replace("processor", "CPU").replace(", ", " and ")
    return f"{name}, {two_digits(parameters / _MILLION)} M, {machines}"


def two_digits(value: float) -> str:
    """A number with two digits, or all that it has before its point."""
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
