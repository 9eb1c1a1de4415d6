"""Measure a trial's fixed cost besides training: build, evaluate, save and record it."""

import argparse
import os
import time
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from benchmarks import results
from benchmarks.results import Table
from fmnist.data import splits
from fmnist.search.run_plan import run_plan
from fmnist.study.naming import REPLICATE
from fmnist.study.networks import CNN, MLP, ModelConfig
from fmnist.study.options import Options
from fmnist.study.plan import Plan
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Point, Trial
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import Store, open_store

NAME, COMMAND = "fixed_cost", "python -m benchmarks.fixed_cost"
MODELS: dict[str, ModelConfig] = {
    "[32]": MLP(architecture="32", dropout=0.2),
    "[768]": MLP(architecture="768", dropout=0.2),
    "CNN [1,8]": CNN(architecture="1x8", dropout=0.2),
}


def plan(model: ModelConfig, replicates: range, samples: int) -> Plan:
    """A plan of one epoch of a model for each replicate."""
    described = splits.describe(samples, "holdout", 0)
    training = TrainingConfig(epochs=1, batch_size=256)
    points: list[Point] = [{REPLICATE: replicate} for replicate in replicates]
    requests = [
        Request(
            trial=Trial(model=model, training=training, data=described, replicate=replicate),
            family=NAME,
            preset="paper",
        )
        for replicate in replicates
    ]
    return Plan(NAME, points, requests)


def seconds(asked: Plan, store: Store) -> tuple[float, float]:
    """The seconds of a whole search, and those of its trials' training."""
    started = time.perf_counter()
    with entry_run(store, "search", NAME, {}) as run:
        run_plan(asked, Options(epochs=1), run, Console(quiet=True))
    whole = time.perf_counter() - started
    trained = {run.key: run.metrics["train_seconds"] for run in store.trials()}
    return whole, sum(trained[key] for key in asked.keys)


def measure(model: ModelConfig, trials: int, repeats: int, samples: int) -> list[float]:
    """The fixed cost in seconds per trial: of the shape's first trial, then of each search."""
    store, found = open_store(), []
    for repeat in range(repeats + 1):
        count = trials if repeat else 1
        first = 1 + trials * (repeat - 1) if repeat else 0
        whole, training = seconds(plan(model, range(first, first + count), samples), store)
        found.append((whole - training) / count)
    return found


def table(record: dict[str, Any]) -> Table:
    """The table of costs per trial."""
    heading = ("model", "first trial s", "later trials s")
    rows = [
        (name, f"{first:.2f}", results.spread(later, 2))
        for name, (first, *later) in record["models"].items()
    ]
    note = (
        f"Wall time of a search less `train_seconds`, over its {record['trials']} trials of 1 "
        "epoch, with full tracking on SQLite; of later trials the median (min-max) of "
        f"{record['repeats']} searches. `train_seconds` holds the steps, each epoch's validation "
        "and, in a shape's first trial, the compilation of the graph."
    )
    return Table("Fixed cost of a trial", heading, rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--samples", type=int, default=60_000)
    return parser.parse_args()


def main() -> None:
    asked = parse()
    record: dict[str, Any] = {**vars(asked), "models": {}}
    with TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        os.environ["FMNIST_BUNDLE_DIR"] = f"{folder}/bundles"
        os.chdir(folder)
        for name, model in MODELS.items():
            record["models"][name] = measure(model, asked.trials, asked.repeats, asked.samples)
    results.write(NAME, COMMAND, results.stamped(record), [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
