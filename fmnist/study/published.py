"""The study's published numbers, each with its configuration, under our names of metrics.

There are two sources. text.yaml has what the study's text describes, and lists where what was run
differs from it. as_run.csv has every training that the author ran. All its numbers are of the last
epoch, and its `last_loss` and `last_accuracy` were measured in training, with dropout on.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fmnist.study.metrics import ACCURACY
from fmnist.study.own_network import Value
from fmnist.study.trial import Point

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Published:
    """The study's numbers for one configuration of a family or final.

    Attributes:
        family: the family's name, or the final's.
        point: the fields that set the configuration apart; in AS_RUN, all that the author varied.
        metrics: values by our names; accuracies from 0 to 1, times in seconds.
        learning_rate_falls: the epochs, counted from 1, at whose end the learning rate fell.
    """

    family: str
    point: Point
    metrics: dict[str, float]
    learning_rate_falls: tuple[int, ...] = ()


@dataclass(frozen=True)
class Statement:
    """What the text says about a family or the whole study (`of`), and what was run instead."""

    of: str
    text: str
    as_run: str


_FIELDS: Mapping[str, Callable[[str], Value]] = {
    "architecture": str,
    "batch_normalization": lambda text: text == "True",
    "dropout": float,
    "batch_size": int,
    "optimizer": str,
    "learning_rate": float,
}
_METRICS = (
    "last_loss", "last_accuracy", "last_val_loss", "last_val_accuracy", "test_loss",
    "test_accuracy", "epochs_run", "train_seconds", "parameters",
)  # fmt: skip


def _numbers_of_text(numbers: Mapping[str, list[dict[str, Any]]]) -> Iterator[Published]:
    for family, entries in numbers.items():
        for entry in entries:
            metrics = {_our_name(name): value for name, value in entry["metrics"].items()}
            yield Published(family, entry["point"], metrics)


def _trainings() -> Iterator[Published]:
    lines = (_FOLDER / "as_run.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        point = {name: read(row[name]) for name, read in _FIELDS.items() if row[name]}
        metrics = {_our_name(name): float(row[name]) for name in _METRICS if row[name]}
        falls = tuple(int(epoch) for epoch in row["learning_rate_falls"].split())
        yield Published(row["family"], point, metrics, falls)


def _our_name(metric: str) -> str:
    return metric.replace("accuracy", ACCURACY)


_TEXT = yaml.safe_load((_FOLDER / "text.yaml").read_text(encoding="utf-8"))
# The numbers in the study's text.
PUBLISHED = tuple(_numbers_of_text(_TEXT["numbers"]))
# Every training whose result the author printed, in his order.
AS_RUN = tuple(_trainings())
# Talos's evaluation of his final CNN: macro F1 on five shuffled parts of the test set.
MACRO_F1_OF_PARTS = tuple(_TEXT["macro_f1_of_parts"])
STATEMENTS = tuple(Statement(**statement) for statement in _TEXT["statements"])
