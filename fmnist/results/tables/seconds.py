"""How long the author's grid of CNNs took to train, and how long ours took; pure."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from fmnist.results.counterparts import Counterpart
from fmnist.results.tables.table import Table
from fmnist.study.naming import words
from fmnist.tracking.runs import RunRecord

GRID = "cnn_search"
SECONDS = "train_seconds"
COLUMNS = ("training", "published", "ours", "n", "on")
TOTAL = "all"
LEGEND = (
    "Ours: epochs run times the seconds of a median epoch, so that interruptions do not count; the "
    "mean over n trainings on the hardware named, which may have done other work at the same time. "
    "The author's processor is not known; TensorFlow found no GPU there."
)


def seconds_table(pairs: Sequence[Counterpart]) -> Table:
    """A row for each training of the grid that we have too, and one for their sum."""
    trained = [pair for pair in pairs if pair.entry.family == GRID and pair.runs]
    rows = [
        {
            "training": words(pair.trial),
            "published": pair.entry.metrics[SECONDS],
            "ours": fmean(_seconds(run) for run in pair.runs),
            "n": len(pair.runs),
            "on": _hardware([pair]),
        }
        for pair in trained
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if rows:
        sums = {name: frame[name].sum() for name in ("published", "ours", "n")}
        frame.loc[len(frame)] = {"training": TOTAL, **sums, "on": _hardware(trained)}
    return Table("seconds", "The author's grid of CNNs, and ours, in seconds", frame, LEGEND)


def _hardware(pairs: Sequence[Counterpart]) -> str:
    return ", ".join(sorted({run.hardware for pair in pairs for run in pair.runs}))


def _seconds(run: RunRecord) -> float:
    return run.metrics["epochs_run"] * run.metrics["epoch_seconds"]
