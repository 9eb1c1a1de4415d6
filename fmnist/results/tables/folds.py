"""The families that were searched on folds: a row for each configuration."""

from collections.abc import Iterable

import pandas as pd

from fmnist.results import selection
from fmnist.results.accuracy import estimate
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.table import Table

COLUMNS = ("family", "configuration", "val_accuracy", "folds", "parameters")
LEGEND = (
    "Val accuracy: the mean over the held-out folds, for the saved weights; its interval is wider "
    "than that of independent values, because the training sets overlap (Nadeau and Bengio). Only "
    "configurations with all folds are listed."
)


def folds_table(families: Iterable[FamilyRuns]) -> Table:
    """A row for each configuration with all its folds, each family's best first."""
    rows = [
        (family.name, *estimate(found), found.compared, int(found.best.metrics["parameters"]))
        for family in families
        for found in selection.candidates(family.runs)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("folds", "Configurations by their mean over folds", frame, LEGEND)
