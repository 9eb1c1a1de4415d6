"""Test accuracies that others published for this data set, and ours beside them; pure.

Each was read at its source. How far it can be relied on differs: `Peer.evidence` says it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fmnist.data import fashion_mnist
from fmnist.data.config import REFIT
from fmnist.results import labels
from fmnist.results.accuracy import accuracy_columns, value_of
from fmnist.results.labels import Timed
from fmnist.results.tables.table import Table
from fmnist.study.metrics import TEST
from fmnist.tracking.runs import COMMAND, WORDS, RunRecord

COLUMNS = (
    "model", "test_accuracy", "test_n", "parameters", "multiply_adds",
    "epochs_run", "minutes", "on", "source",
)  # fmt: skip
FOR_PEOPLE = ("model", "test_accuracy", "parameters", "minutes", "source")
LIST = "github.com/zalandoresearch/fashion-mnist"
HYSTS = "github.com/hysts/pytorch_image_classification"
# What the list's own text says of its entries.
UNTESTED = "unverified"
# Training and test images of the release before 31 August 2017 overlapped. The authors of
# random erasing trained on it and put the gain at about 0.4 points.
EARLY = f"{UNTESTED}, trained on the early release with train/test overlap"
ERASING = f"{LIST}, github.com/zhunzhong07/Random-Erasing/issues/9"
LEGEND = (
    "Minutes: training this model alone, without the search. Refit: trained again on nearly all "
    "training images after it was chosen on validation. Train/test overlap: trained on the data "
    "set's early release, some of whose test images were training images."
)


@dataclass(frozen=True)
class Peer:
    """A published test accuracy; `evidence` says what it rests on: one run, or a median."""

    model: str
    test_accuracy: float
    source: str
    evidence: str
    epochs: int | None = None
    parameters: int | None = None


def _hysts(model: str, error: float, evidence: str, epochs: int = 200) -> Peer:
    """An entry of a benchmark of the last epoch's test error, in percent."""
    return Peer(model, round(1 - error / 100, 4), HYSTS, evidence, epochs)


PEERS = (
    _hysts("ResNet-preact-20", 5.04, "median of 3 runs"),
    _hysts("ResNet-preact-20, Cutout 8", 4.64, "median of 3 runs"),
    _hysts("ResNet-preact-20, Cutout 16", 4.49, "median of 3 runs"),
    _hysts("ResNet-preact-20 of width 4, Cutout 14", 4.11, "1 run"),
    _hysts("shake-shake-26 2x96d, Cutout 14", 3.60, "1 run", 800),
    Peer("ResNet18", 0.949, LIST, UNTESTED),
    Peer("MobileNet", 0.950, LIST, UNTESTED),
    Peer("DenseNet-BC", 0.954, LIST, UNTESTED, parameters=768_000),
    Peer("WRN-28-10", 0.959, ERASING, EARLY),
    Peer("WRN-28-10, random erasing", 0.963, ERASING, EARLY),
    Peer("WRN-40-4", 0.967, LIST, UNTESTED, parameters=8_900_000),
)


def peers_table(evaluated: Iterable[RunRecord]) -> Table:
    """The runs that were evaluated on the test set among their peers; empty if there are none.

    Other data than Fashion-MNIST have no peers here.
    """
    ours = [_our_row(run) for run in {run.key: run for run in evaluated}.values()]
    compared = ours and not fashion_mnist.identity().is_other
    peers = [_peer_row(peer) for peer in PEERS] if compared else []
    ordered = sorted(ours + peers, key=lambda row: value_of(row["test_accuracy"]), reverse=True)
    frame = pd.DataFrame(ordered, columns=list(COLUMNS))
    return Table("peers", "Beside results of others", frame, LEGEND, FOR_PEOPLE)


def timed(table: Table) -> list[Timed]:
    """Of the models that took a time that is known: minutes, and test accuracy."""
    known = table.frame[table.frame["minutes"] > 0]
    return [
        Timed(
            label=labels.model_in_short(row["model"], row["parameters"], row["on"]),
            family=labels.family_of(row["model"]),
            minutes=row["minutes"],
            refit=row["model"].endswith(f" {REFIT}"),
            accuracy=row["test_accuracy"],
        )
        for row in known.to_dict("records")
    ]


def _our_row(run: RunRecord) -> dict[str, Any]:
    """An evaluated run: its accuracy and interval, size, training time, and command."""
    metrics = run.metrics
    mean = f"mean_{TEST}"
    return {
        "model": f"{run.family} {run.tags.get(WORDS, '')}".strip(),
        **accuracy_columns("test", mean if mean in metrics else TEST, [run]),
        "parameters": metrics["parameters"],
        "multiply_adds": metrics.get("multiply_adds"),
        "epochs_run": metrics.get("epochs_run"),
        "minutes": _minutes(metrics["train_seconds"]),
        "on": run.hardware,
        "source": run.tags.get(COMMAND, "this project"),
    }


def _minutes(seconds: float) -> float:
    """To a tenth; of less than that the first digit, since a time of 0 has no place in a figure."""
    minutes = seconds / 60
    return round(minutes, 1) or float(f"{minutes:.1g}")


def _peer_row(peer: Peer) -> dict[str, Any]:
    return {
        "model": f"{peer.model} (train/test overlap)" if peer.evidence == EARLY else peer.model,
        "test_accuracy": peer.test_accuracy,
        "test_n": peer.evidence,
        "parameters": peer.parameters,
        "epochs_run": peer.epochs,
        "source": peer.source,
    }
