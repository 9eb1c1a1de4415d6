"""Measure the trials per hour of one worker and of two, in turns on the same MLP grid."""

import argparse
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import results
from benchmarks.processes import cost, environment
from benchmarks.results import Table

NAME, COMMAND = "workers", "python -m benchmarks.workers"
# Wide and narrow networks, as in the study's grid. The epochs end before early stopping would.
GRID = "{architecture: ['256-256', '512', '512-512', '768'], dropout: [0.2, 0.3]}"
TIMES = """SELECT COUNT(*), MIN(start_time), MAX(end_time) FROM runs JOIN tags USING (run_uuid)
    WHERE key = 'fmnist.key' AND status = 'FINISHED'"""


def trials_per_hour(workers: int, epochs: int) -> float:
    """The trials per hour, from the start of the first trial to the end of the last."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "grid.yaml").write_text(GRID)
        given = {"grid": folder / "grid.yaml", "epochs": epochs, "workers": workers}
        words = [f"--{name}={value}" for name, value in given.items()]
        variables = environment(
            MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db",
            FMNIST_BUNDLE_DIR=str(folder / "bundles"),
        )
        cost([sys.executable, "-m", "entrypoints", "mlp_search", *words], folder, variables)
        with sqlite3.connect(folder / "mlflow.db") as database:
            trials, started, ended = database.execute(TIMES).fetchone()
    return float(trials / (ended - started) * 1_000 * 3_600)


def table(record: dict[str, Any]) -> Table:
    """The table of the rates and their ratio."""
    pairs = record["pairs"]
    ratios = [pair["two"] / pair["one"] for pair in pairs]
    rows = [
        ("1 worker", results.spread([pair["one"] for pair in pairs], 0), ""),
        (
            "2 workers",
            results.spread([pair["two"] for pair in pairs], 0),
            results.spread(ratios, 2),
        ),
    ]
    note = f"Median (min-max) of {len(pairs)} pairs; {record['epochs']} epochs a trial."
    return Table("Workers on this machine", ("", "trials per hour", "ratio"), rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    return parser.parse_args()


def main() -> None:
    given = parse()
    pairs = []
    for repeat in range(given.repeats):
        measured = [trials_per_hour(workers, given.epochs) for workers in (1, 2)]
        pairs.append(dict(zip(("one", "two"), measured, strict=True)))
        print(f"pair {repeat + 1}: {pairs[-1]}", flush=True)
    record = {"pairs": pairs, "epochs": given.epochs}
    results.write(NAME, COMMAND, results.stamped(record), [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
