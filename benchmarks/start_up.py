"""Measure `mlflow run` until training starts, beside an entry that only imports TensorFlow."""

import argparse
import sqlite3
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import results
from benchmarks.processes import PROJECT, cost, environment
from benchmarks.results import Table

NAME, COMMAND = "start_up", "python -m benchmarks.start_up"
EMPTY_PROJECT = """name: empty
entry_points:
  main:
    command: python -c "import tensorflow, time; open('imported', 'w').write(str(time.time()))"
"""
FIRST_TRIAL = "SELECT MIN(start_time) FROM runs JOIN tags USING (run_uuid) WHERE key = 'fmnist.key'"
FIRST_EPOCH = "SELECT MIN(timestamp) FROM metrics WHERE key = 'val_loss'"
QUERIES = {"first trial begins": FIRST_TRIAL, "first epoch has ended": FIRST_EPOCH}


def run_project(project: str, folder: Path, *arguments: str) -> None:
    """Run `mlflow run` for a project in a folder, with a store in it."""
    variables = environment(MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db")
    variables |= {
        "FMNIST_BUNDLE_DIR": str(folder / "bundles"),
        "PATH": f"{Path(sys.executable).parent}:{variables['PATH']}",
    }
    command = ["mlflow", "run", project, "--env-manager", "local", *arguments]
    cost(command, folder, variables)


def ours() -> dict[str, float]:
    """The seconds until our first trial begins, and until its first epoch has ended."""
    with TemporaryDirectory() as folder:
        started = time.time()
        run_project(str(PROJECT), Path(folder), "-e", "mlp_search", "-P", "preset=smoke")
        with sqlite3.connect(Path(folder) / "mlflow.db") as database:
            milliseconds = [database.execute(query).fetchone()[0] for query in QUERIES.values()]
    return {
        name: moment / 1_000 - started for name, moment in zip(QUERIES, milliseconds, strict=True)
    }


def empty() -> float:
    """The seconds until an entry that does nothing else has imported TensorFlow."""
    with TemporaryDirectory() as project, TemporaryDirectory() as folder:
        (Path(project) / "MLproject").write_text(EMPTY_PROJECT)
        started = time.time()
        run_project(project, Path(folder))
        return float((Path(project) / "imported").read_text()) - started


def table(record: dict[str, Any]) -> Table:
    """The table of times and ratios."""
    pairs = record["pairs"]
    alone = [pair["empty"] for pair in pairs]
    rows = [("an empty entry has imported TensorFlow", results.spread(alone), "")]
    for moment in QUERIES:
        ratios = [pair["ours"][moment] / pair["empty"] for pair in pairs]
        times = [pair["ours"][moment] for pair in pairs]
        rows.append((moment, results.spread(times), results.spread(ratios, 2)))
    note = (
        f"Median (least-greatest) of {len(pairs)} pairs, run one after the other, each on a new "
        "SQLite store. The first training step lies between the two moments: an epoch of preset "
        "smoke has 10 steps."
    )
    return Table("From `mlflow run` to training", ("until", "seconds", "ratio"), rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def main() -> None:
    pairs = []
    for repeat in range(parse().repeats):
        pairs.append({"ours": ours(), "empty": empty()})
        print(f"pair {repeat + 1}: {pairs[-1]}", flush=True)
    record = {"pairs": pairs}
    results.write(NAME, COMMAND, record, [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
