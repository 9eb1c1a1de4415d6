"""Measure how long `compare` takes with 10,000 trials, beside plain `mlflow.search_runs`."""

import argparse
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import results, store
from benchmarks.processes import cost, environment
from benchmarks.results import Table
from fmnist.data import fashion_mnist

NAME, COMMAND = "compare_store", "python -m benchmarks.compare_store"
SEARCH_RUNS = """
import mlflow
runs = mlflow.search_runs(
    search_all_experiments=True, filter_string="tags.`fmnist.kind` = 'trial'", max_results=50_000
)
print(len(runs))
"""
STEPS = {"compare": ["-m", "entrypoints", "compare"], "mlflow.search_runs": ["-c", SEARCH_RUNS]}


def measure(filled: Path) -> dict[str, dict[str, float]]:
    """What each step takes on a fresh copy of the store."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "store"
        shutil.copytree(filled, folder)
        variables = environment(
            MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db",
            FMNIST_DATA_DIR=str(fashion_mnist.find_folder()),
        )
        return {
            name: vars(cost([sys.executable, *arguments], folder, variables))
            for name, arguments in STEPS.items()
        }


def table(record: dict[str, Any]) -> Table:
    """Seconds and memory of both steps, and their ratio within each copy."""
    rows = []
    for name in STEPS:
        times = [measured[name]["seconds"] for measured in record["measured"]]
        memory = [measured[name]["megabytes"] for measured in record["measured"]]
        rows.append((name, results.spread(times), results.spread(memory, 0)))
    ratios = [_ratio(measured) for measured in record["measured"]]
    note = (
        f"compare takes {results.spread(ratios, 2)} of the time of mlflow.search_runs. Whole "
        "processes, imports included; median (min-max) of "
        f"{len(ratios)} fresh copies of one SQLite store."
    )
    heading = ("", "seconds", "peak memory MB")
    return Table(f"A store of {record['trials']} trials", heading, rows, note)


def _ratio(measured: dict[str, dict[str, float]]) -> float:
    return measured["compare"]["seconds"] / measured["mlflow.search_runs"]["seconds"]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    asked, measured = parse(), []
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        store.fill(Path(folder), asked.trials)
        for repeat in range(asked.repeats):
            measured.append(measure(Path(folder)))
            print(f"copy {repeat + 1}: {measured[-1]}", flush=True)
    record = {"trials": asked.trials, "measured": measured}
    results.write(NAME, COMMAND, results.stamped(record), [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
