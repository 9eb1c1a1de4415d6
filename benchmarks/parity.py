"""Compare the validation accuracy of fast training and Keras's `fit` over several seeds."""

import argparse
import dataclasses
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks import results
from benchmarks.results import Table
from fmnist.data import splits
from fmnist.data.config import DataConfig
from fmnist.study.networks import CNN, MLP
from fmnist.study.request import Request
from fmnist.study.training import PRECISIONS, TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import train
from fmnist.training.epochs import fastest
from fmnist.training.epochs.fit import FitEpochs

NAME, COMMAND = "parity", "python -m benchmarks.parity"
ACCURACIES = ("best_val_sparse_categorical_accuracy", "last_val_sparse_categorical_accuracy")
MODELS = {
    "[768], dropout 0.3, batch 128": (MLP(architecture="768", dropout=0.3), 128),
    "CNN [3,8], dropout 0.2, batch 256": (CNN(architecture="3x8", dropout=0.2), 256),
}


def trained(trial: Trial, plain: bool) -> dict[str, float]:
    """Train a trial by Keras's `fit` if `plain`, else the fastest way; returns its summary."""
    prepare = FitEpochs if plain else fastest.prepare
    request = Request(trial=trial, family=NAME, preset="paper")
    with TemporaryDirectory() as folder, patch.object(fastest, "prepare", prepare):
        left = Path(folder) / "bundle"
        bundle = train.train(request, left, Path(folder) / "checkpoint", lambda *_: None)
    return bundle.record.summary


def check_fast(trial: Trial) -> None:
    """Make sure that there are two ways to compare.

    Raises:
        SystemExit: if the fastest way is Keras's `fit` on this backend and machine.
    """
    if type(fastest.prepare(trial)) is FitEpochs:
        raise SystemExit("parity: Keras's fit is the fastest way here; there is nothing to compare")


def measure(trial: Trial, replicates: int, precision: str) -> dict[str, Any]:
    """The summaries of all replicates: plain in float32, and fast in the given precision."""
    measured: dict[str, Any] = {"plain": [], "fast": []}
    fast = dataclasses.replace(trial.training, precision=precision)
    for replicate in range(replicates):
        numbered = dataclasses.replace(trial, replicate=replicate)
        measured["plain"].append(trained(numbered, plain=True))
        measured["fast"].append(trained(dataclasses.replace(numbered, training=fast), plain=False))
        ways = (f"{way} {found[-1][ACCURACIES[0]]:.4f}" for way, found in measured.items())
        print(f"{trial.model.architecture} {replicate + 1}/{replicates}: {', '.join(ways)}")
    return measured


def base(name: str, epochs: int, described: DataConfig) -> Trial:
    """The trial that the replicates repeat."""
    model, batch_size = MODELS[name]
    return Trial(
        model=model,
        training=TrainingConfig(epochs=epochs, batch_size=batch_size),
        data=described,
    )


def table(record: dict[str, Any]) -> Table:
    """The table of mean accuracies, plain and fast, and of their mean difference."""
    heading = ("model", "accuracy", "plain", "fast", "fast - plain")
    rows = [
        (name, accuracy.partition("_")[0], *_compared(measured, accuracy))
        for name, measured in record["models"].items()
        for accuracy in ACCURACIES
    ]
    seeds = "one seed" if record["precision"] == "float32" else "one replicate, of other seeds"
    note = (
        f"Validation accuracy, mean ± standard error of {record['replicates']} trainings, after "
        f"{record['epochs']} epochs on {record['samples']} samples; plain in float32, fast in "
        f"{record['precision']}. The difference is of pairs of {seeds}."
    )
    return Table("Parity of fast and plain training", heading, rows, note)


def _compared(measured: dict[str, Any], accuracy: str) -> list[str]:
    plain, fast = ([run[accuracy] for run in measured[way]] for way in ("plain", "fast"))
    differences = [after - before for before, after in zip(plain, fast, strict=True)]
    shown = [f"{mean(values):.4f} ± {standard_error(values):.4f}" for values in (plain, fast)]
    return [*shown, f"{mean(differences):+.4f} ± {standard_error(differences):.4f}"]


def standard_error(values: list[float]) -> float:
    """The standard error of the mean."""
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="of the fast")
    return parser.parse_args()


def main() -> None:
    asked = parse()
    described = splits.describe(asked.samples, "holdout", 0)
    record: dict[str, Any] = {**vars(asked), "models": {}}
    for name in MODELS:
        trial = base(name, asked.epochs, described)
        check_fast(trial)
        record["models"][name] = measure(trial, asked.replicates, asked.precision)
    size = f"--samples {asked.samples} --epochs {asked.epochs}"
    command = f"{COMMAND} {size} --precision {asked.precision}"
    results.write(f"{NAME}_{asked.precision}", command, results.stamped(record), [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
