"""Whether an exported record can be what it says; it comes from anybody."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from fmnist.data.fashion_mnist import CLASS_NAMES
from fmnist.results.export.exported import ENSEMBLE, TRIAL, Exported
from fmnist.results.export.request_checks import MAXIMUM_TEXT, check_request, require
from fmnist.study import naming
from fmnist.study.families import KFOLD
from fmnist.study.metrics import ACCURACY, CRITERION, CURVES
from fmnist.tracking import runs
from fmnist.training.bundle import Record

# What every table rests on.
TRIAL_METRICS = {
    *(f"{end}_{name}" for end in ("best", "last") for name in (*CURVES, "learning_rate")),
    "best_epoch", "epochs_run", "parameters", "train_seconds", "epoch_seconds",
}  # fmt: skip
RESULT_METRICS = {
    CRITERION, f"test_{ACCURACY}", "test_accuracy_low", "test_accuracy_high",
    "parameters", "models", "multiply_adds", "train_seconds",
}  # fmt: skip
FOLDS_METRICS = {"parameters", "models"} | {
    f"mean_{name}{end}" for name in (CRITERION, f"test_{ACCURACY}") for end in ("", "_low", "_high")
}
# The fields of a record that hold values by name.
MAPS = ("curves", "summary", "environment", "files")
MAXIMUM_NAMES = 100
COMMAND = r"mlflow run \. -e [a-z_]+( -P [a-z_]+=[a-z0-9_.]+)*"
LATEST = 4_102_444_800_000  # the year 2100, milliseconds since 1970


def check(found: Exported, key: str) -> None:
    """Check a record and the key that it came with.

    Raises:
        InvalidInput: if anything in it is not what it should be.
    """
    record = found.record
    for field in MAPS:
        _check_map(field, getattr(record, field))
    check_request(found.kind, record.request)
    require(key == found.key, f"key {key} is not its configuration's {found.key}")
    require(record.seed == record.trial.seed, "seed is not that of the key")
    tags = {runs.environment_tag(name) for name in record.environment}
    require(not tags & runs.OWN, "environment has a name that is not an environment's")
    if found.kind == TRIAL:
        _check_trial(record, found.classes)
    else:
        _check_result(found)


def _check_map(field: str, found: Mapping[str, Any]) -> None:
    """Names and values are such as the field can have."""
    require(len(found) <= MAXIMUM_NAMES, f"{field} has too many names")
    for name, value in found.items():
        require(bool(re.fullmatch(r"[a-z][a-z0-9_.]{0,79}", name)), f"{field}: name {name[:80]!r}")
        if isinstance(value, str):
            require(len(value) <= MAXIMUM_TEXT and value.isprintable(), f"{field}: text of {name}")
        else:
            values = value if isinstance(value, list) else [value]
            require(_plausible(name, values), f"{field}: {name} has a value that none can have")


def _plausible(name: str, values: list[float]) -> bool:
    """Whether numbers are finite, and an accuracy's from 0 to 1."""
    bounded = name.endswith("accuracy")
    return all(isfinite(value) and (0 <= value <= 1 or not bounded) for value in values)


def _check_trial(record: Record, classes: bytes) -> None:
    """A trial's summary is that of its curves, and its curves are as long as it ran."""
    summary, ran = record.summary, len(record.timestamps)
    require(summary.keys() >= TRIAL_METRICS, "summary lacks metrics of a trial")
    require(summary["train_seconds"] > 0, "train_seconds is not above 0")
    require(record.curves.keys() >= {*CURVES, "learning_rate"}, "curves lack one of a trial's")
    require(1 <= ran <= record.trial.training.epochs, "more epochs than the limit, or none")
    lengths = {ran, int(summary["epochs_run"]), *map(len, record.curves.values())}
    require(lengths == {ran}, "curves of different lengths")
    require(all(0 < at < LATEST for at in record.timestamps), "timestamps of no date")
    require(record.timestamps == sorted(record.timestamps), "timestamps that go back")
    require(len(record.machine) <= ran, "machine has more samples than epochs")
    for sample in record.machine:
        _check_map("machine", sample)
    best = int(summary["best_epoch"])
    require(1 <= best <= ran, "best_epoch is none that ran")
    for name, values in record.curves.items():
        ends = {f"last_{name}": values[-1]}
        # Curves are of the network alone; the best of a mirrored model is judged by the mean.
        if not (record.trial.model.mirrored and name.startswith("val_")):
            ends[f"best_{name}"] = values[best - 1]
        require(ends.items() <= summary.items(), f"summary of {name} is not that of its curve")
    require(0 < len(classes) <= 60_000, "validation_classes of no data set")
    require(max(classes) < len(CLASS_NAMES), "validation_classes are 0 to 9")


def _check_result(found: Exported) -> None:
    """What a final or an ensemble came to, and the command that gave it."""
    record, environment = found.record, dict(found.record.environment)
    needed = FOLDS_METRICS if record.request.family == KFOLD else RESULT_METRICS
    require(record.summary.keys() >= needed, "summary lacks metrics of a result")
    models = int(record.summary["models"])
    require(1 <= models <= 1_000, "models are 1 to 1000")
    label = f"of {models}" if found.kind == ENSEMBLE else naming.words(record.trial)
    require(record.request.label == label, f"label is not {label}")
    if found.kind == ENSEMBLE:
        _check_members(environment.pop("members", ""), record, models)
    known = {"command", "config", "gpu"}
    require(environment.keys() <= known, "environment is of a command, config and gpu")
    config = environment.get("config", runs.SELECTED)
    require(config in (runs.SELECTED, runs.STUDY), "config is selected or study")
    if "command" in environment:  # people copy it from a table into a terminal
        typed = environment["command"]
        require(bool(re.fullmatch(COMMAND, typed)), "command is no mlflow run of this project")


def _check_members(listed: str, best: Record, models: int) -> None:
    """An ensemble's members are keys, each once, in order, as many as it says, the best among."""
    require(bool(re.fullmatch(r"[0-9a-f]{16}(,[0-9a-f]{16})*", listed)), "members are keys")
    keys = listed.split(",")
    require(keys == sorted(set(keys)) and len(keys) == models, "members are each key once, sorted")
    require(best.key in keys, "the best member is none of the members")
