"""The content of a file of records: trials, and the results of finals and ensembles.

A file may come from anybody, so values that make no sense are refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from fmnist.data.config import FOLDS, MOST_IMAGES
from fmnist.data.fashion_mnist import CLASS_NAMES
from fmnist.errors import InvalidInput
from fmnist.study import families, naming
from fmnist.study.families import FINALS, KFOLD, OWN_FINAL
from fmnist.study.metrics import CRITERION, CURVES, TEST
from fmnist.study.trial import digest_of
from fmnist.tracking import runs
from fmnist.training.bundle import Record

TRIAL, FINAL, ENSEMBLE = KINDS = "trial", "final", "ensemble"
# What every table rests on.
TRIAL_METRICS = {
    *(f"{end}_{name}" for end in ("best", "last") for name in (*CURVES, "learning_rate")),
    "best_epoch", "epochs_run", "parameters", "train_seconds", "epoch_seconds",
}  # fmt: skip
RESULT_METRICS = {
    CRITERION, TEST, "test_accuracy_low", "test_accuracy_high",
    "parameters", "models", "train_seconds",
}  # fmt: skip
MEANS = {f"mean_{name}{end}" for name in (CRITERION, TEST) for end in ("", "_low", "_high")}
FOLDS_METRICS = {"parameters", "models"} | MEANS
# The fields of a record that hold values by name.
MAPS = ("curves", "summary", "environment", "files")
MAXIMUM_NAMES, MAXIMUM_TEXT = 100, 2_000
COMMAND = r"mlflow run \. -e [a-z_]+( -P [a-z_]+=[A-Za-z0-9_./-]+)*"
LATEST = 4_102_444_800_000  # the year 2100, milliseconds since 1970


@dataclass(frozen=True)
class Exported:
    """A trial, or the result of a final or an ensemble, without weights.

    Attributes:
        kind: one of `KINDS`; a result's record has its metrics as summary, when the test set was
            read as its timestamp, and no curves. The trial of an ensemble's is its best member.
        classes: of a trial, a byte for each validation image: the class predicted for it.

    Raises:
        InvalidInput: if anything in it is not what it should be.
    """

    kind: str
    record: Record
    classes: bytes = b""

    def __post_init__(self) -> None:
        record = self.record
        require(self.kind in KINDS, f"kind is one of {', '.join(KINDS)}")
        for field in MAPS:
            _check_map(field, getattr(record, field))
        family = record.request.family
        require(_has(self.kind, family), f"family {family[:80]!r} is no {self.kind}'s")
        require(record.seed == record.trial.seed, "seed is not that of the key")
        tags = {runs.environment_tag(name) for name in record.environment}
        require(not tags & runs.OWN, "environment has a name that is not an environment's")
        if self.kind == TRIAL:
            _check_trial(record)
            require(0 < len(self.classes) <= MOST_IMAGES, "validation_classes of no data set")
            require(max(self.classes) < len(CLASS_NAMES), "validation_classes are 0 to 9")
        else:
            _check_result(record, self.members)

    @property
    def key(self) -> str:
        """The key of the trial, or of that which was chosen; an ensemble's is of its members."""
        return digest_of(self.members) if self.kind == ENSEMBLE else self.record.key

    @property
    def members(self) -> list[str]:
        """The keys of an ensemble's members; of anything else none."""
        listed = self.record.environment.get("members", "")
        return listed.split(",") if self.kind == ENSEMBLE else []

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same as another one: a trial's key, a result's name and choice too."""
        request = self.record.request
        own = () if self.kind == TRIAL else (request.family, request.preset)
        return (self.kind, *own, self.key)


def require(holds: bool, what: str) -> None:
    """Refuse with `what` unless it holds.

    Raises:
        InvalidInput: if not.
    """
    if not holds:
        raise InvalidInput(what)


def _has(kind: str, family: str) -> bool:
    """Whether there may be a trial or a result of that name: the study's, or a person's own."""
    if kind == TRIAL:
        return families.may_have_trials(family)
    if kind == ENSEMBLE:
        return family == ENSEMBLE
    own, suffix, rest = family.rpartition(OWN_FINAL)
    return family in (*FINALS, KFOLD) or (bool(suffix) and not rest and families.may_be_own(own))


def lacks(family: str, metrics: Iterable[str]) -> set[str]:
    """Which metrics of a result a final, an ensemble or a cross-validation does not have."""
    return (FOLDS_METRICS if family == KFOLD else RESULT_METRICS) - set(metrics)


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


def _check_trial(record: Record) -> None:
    """A trial's curves are as long as it ran, and its summary is that of its curves."""
    summary, ran, at = record.summary, len(record.timestamps), record.timestamps
    require(summary.keys() >= TRIAL_METRICS, "summary lacks metrics of a trial")
    require(summary["train_seconds"] > 0, "train_seconds is not above 0")
    require(record.curves.keys() >= {*CURVES, "learning_rate"}, "curves lack one of a trial's")
    require(1 <= ran <= record.trial.training.epochs, "more epochs than the limit, or none")
    lengths = {ran, int(summary["epochs_run"]), *map(len, record.curves.values())}
    require(lengths == {ran}, "curves of different lengths")
    require(at == sorted(at) and 0 < at[0] <= at[-1] < LATEST, "timestamps of no date, or unsorted")
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


def _check_result(record: Record, members: list[str]) -> None:
    """What a final or an ensemble came to, and the command that gave it."""
    request, environment = record.request, record.environment
    require(not lacks(request.family, record.summary), "summary lacks metrics of a result")
    dated = len(record.timestamps) <= 1 and all(0 < at < LATEST for at in record.timestamps)
    require(dated, "timestamps of no date, or of several")
    models = int(record.summary["models"])
    require(1 <= models <= 1_000, "models are 1 to 1000")
    ensemble = request.family == ENSEMBLE
    require(ensemble or models == 1 or record.summary.keys() >= MEANS, "summary lacks means")
    require(request.family != KFOLD or models == FOLDS, f"models are {FOLDS} of {KFOLD}")
    label = f"of {models}" if ensemble else naming.words(record.trial)
    require(request.label == label, f"label is not {label}")
    if ensemble:
        _check_members(members, record.key, models)
    known = {"command", "config", "gpu", *(["members"] if ensemble else [])}
    require(environment.keys() <= known, "environment is of a command, config and gpu")
    config = environment.get("config", runs.SELECTED)
    require(config in (runs.SELECTED, runs.STUDY), "config is selected or study")
    # People copy it from a table into a terminal.
    typed = environment.get("command")
    require(
        typed is None or bool(re.fullmatch(COMMAND, typed)),
        "command is no mlflow run of this project",
    )


def _check_members(keys: list[str], best: str, models: int) -> None:
    """An ensemble's members are keys, each once, in order, as many as it says, the best among."""
    require(all(re.fullmatch(r"[0-9a-f]{16}", key) for key in keys), "members are keys")
    require(keys == sorted(set(keys)) and len(keys) == models, "members are each key once, sorted")
    require(best in keys, "the best member is none of the members")
