"""Measure the time from a command to its first training step, beside importing TensorFlow alone."""

import argparse
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import results
from benchmarks.processes import PROJECT, cost, environment
from benchmarks.results import Table

NAME, COMMAND = "start_up", "python -m benchmarks.start_up"
IMPORT = "import tensorflow, time; open('imported', 'w').write(str(time.time()))"
EMPTY_PROJECT = f'name: empty\nentry_points:\n  main:\n    command: python -c "{IMPORT}"\n'
ENTRIES = [sys.executable, "-m", "entrypoints"]
MLFLOW = ["mlflow", "run", "--env-manager", "local"]
FIRST_TRIAL = "SELECT MIN(start_time) FROM runs JOIN tags USING (run_uuid) WHERE key = 'fmnist.key'"
FIRST_EPOCH = "SELECT MIN(timestamp) FROM metrics WHERE key = 'val_loss'"
QUERIES = {"first trial begins": FIRST_TRIAL, "first epoch has ended": FIRST_EPOCH}
Pair = dict[str, Any]


def run(command: Sequence[str], folder: Path) -> float:
    """Run a command in a folder, with the store in it; returns the moment of its start."""
    variables = environment(MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db")
    variables |= {
        "FMNIST_BUNDLE_DIR": str(folder / "bundles"),
        "PATH": f"{Path(sys.executable).parent}:{variables['PATH']}",
    }
    started = time.time()
    cost(command, folder, variables)
    return started


def imported(command: Sequence[str], folder: Path) -> float:
    """The seconds until a command has imported TensorFlow."""
    started = run(command, folder)
    return float((folder / "imported").read_text()) - started


def trained(command: Sequence[str], folder: Path) -> dict[str, float]:
    """The seconds until a search's first trial begins, and until its first epoch has ended."""
    started = run(command, folder)
    with sqlite3.connect(folder / "mlflow.db") as database:
        milliseconds = [database.execute(query).fetchone()[0] for query in QUERIES.values()]
    return {
        name: moment / 1_000 - started for name, moment in zip(QUERIES, milliseconds, strict=True)
    }


def by_mlflow(_made: Path) -> Pair:
    """A search by `mlflow run` on a new store, and an empty project that imports TensorFlow."""
    with TemporaryDirectory() as own, TemporaryDirectory() as empty:
        search = [*MLFLOW, str(PROJECT), "-e", "mlp_search", "-P", "preset=smoke"]
        ours = trained(search, Path(own))
        (Path(empty) / "MLproject").write_text(EMPTY_PROJECT)
        return {"ours": ours, "empty": imported([*MLFLOW, empty], Path(empty))}


def directly(made: Path) -> Pair:
    """A search by its command on a copy of a store, and a process that imports TensorFlow."""
    with TemporaryDirectory() as folder:
        own = Path(shutil.copytree(made, Path(folder) / "own"))
        ours = trained([*ENTRIES, "mlp_capacity", "--preset", "smoke"], own)
        return {"ours": ours, "empty": imported([sys.executable, "-c", IMPORT], Path(folder))}


WAYS: dict[str, Callable[[Path], Pair]] = {
    "python -m entrypoints mlp_capacity --preset smoke, on a store with tables": directly,
    "mlflow run . -e mlp_search -P preset=smoke, on a new store": by_mlflow,
}


def table(way: str, pairs: Sequence[Pair]) -> Table:
    """The table of times and ratios of one way."""
    alone = [pair["empty"] for pair in pairs]
    rows = [("TensorFlow is imported, and nothing else done", results.spread(alone), "")]
    for moment in QUERIES:
        ratios = [pair["ours"][moment] / pair["empty"] for pair in pairs]
        times = [pair["ours"][moment] for pair in pairs]
        rows.append((moment, results.spread(times), results.spread(ratios, 2)))
    note = (
        f"Median (min-max) of {len(pairs)} pairs, run one after the other. The first "
        "training step lies between the two moments: an epoch of preset smoke has 10 steps. The "
        "data are on the machine, and the split is kept from an earlier run."
    )
    return Table(way, ("until", "seconds", "ratio"), rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def main() -> None:
    repeats, record, tables = parse().repeats, {}, {}
    with TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        made.mkdir()
        run([*ENTRIES, "init"], made)
        for way, measure in WAYS.items():
            record[way] = []
            for repeat in range(repeats):
                record[way].append(measure(made))
                print(f"pair {repeat + 1}, {way}: {record[way][-1]}", flush=True)
                tables[way] = table(way, record[way])
                results.write(NAME, COMMAND, results.stamped(record), list(tables.values()))
    results.show(list(tables.values()))


if __name__ == "__main__":
    main()
