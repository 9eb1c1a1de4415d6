"""What the study cost: trials, epochs and hours of training; pure."""

from collections.abc import Iterable, Sequence
from math import fsum
from typing import Any

import pandas as pd

from fmnist.data.config import ALL_FOLDS
from fmnist.results.tables import provenance
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.families import KFOLD
from fmnist.tracking.runs import RunRecord

COLUMNS = ("family", "on", "trials", "epochs", "hours", "hours_busy")
LEGEND = (
    "Hours: the training time of all trials, which may have shared the machine with one another "
    "and with other work."
)
FOR_PEOPLE = COLUMNS[:5]
TOTAL = "all"


def cost_table(runs: Iterable[RunRecord]) -> Table:
    """A row for each family that trained something, and one for all; of each hardware."""
    known, rows = list(runs), []
    for gpu in sorted({run.gpu for run in known}):
        rows += _rows([run for run in known if run.gpu == gpu])
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("cost", "What the training cost", frame, LEGEND, FOR_PEOPLE)


def _rows(runs: Sequence[RunRecord]) -> list[dict[str, Any]]:
    searched = families.known()
    names = (*searched, *map(_on_folds, searched), KFOLD)
    by_family = {name: [run for run in runs if _trained_for(run) == name] for name in names}
    return [_row(name, of) for name, of in {**by_family, TOTAL: runs}.items() if of]


def _on_folds(family: str) -> str:
    return f"{family}, {ALL_FOLDS}"


def _trained_for(run: RunRecord) -> str:
    """What a trial was trained for: a family's search, that on folds, or the cross-validation."""
    searched_on_folds = run.trial.data.is_fold and run.family != KFOLD
    return _on_folds(run.family) if searched_on_folds else run.family


def _row(name: str, runs: Sequence[RunRecord]) -> dict[str, Any]:
    return {
        "family": name,
        "on": runs[0].hardware,
        "trials": len(runs),
        "epochs": int(sum(run.metrics["epochs_run"] for run in runs)),
        "hours": fsum(run.metrics["train_seconds"] for run in runs) / 3600,
        "hours_busy": provenance.busy_seconds(runs) / 3600,
    }
