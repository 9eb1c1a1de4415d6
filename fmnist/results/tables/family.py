"""From records to the study's tables, as DataFrames; pure. No records give empty tables."""

import pandas as pd

from fmnist import stats
from fmnist.results.accuracy import samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.trial import defaults
from fmnist.tracking.runs import RunRecord

TOP = 10

# The study's columns, with the metric that each shows. Talos filled them from the last epoch.
STUDY_COLUMNS = {
    "lr": "last_learning_rate",
    "val_sparse_categorical_accuracy": f"last_val_{ACCURACY}",
    "val_loss": "last_val_loss",
    "sparse_categorical_accuracy": f"last_{ACCURACY}",
    "loss": "last_loss",
    "round_epochs": "epochs_run",
}
CONFIGURATION_COLUMNS = (
    "architecture", "dropout", "batch_normalization", "kernel_size", "padding", "batch_size",
    "epochs", "activation", "last_activation", "optimizer", "learning_rate",
    "precision", "replicate",
)  # fmt: skip
# Shown of a trial only where it differs from what the study did.
BEYOND_COLUMNS = (
    "strides", "mirrored", "schedule", "weight_decay", "label_smoothing", "shift", "flip", "cutout",
)  # fmt: skip
# The accuracies of a trial whose intervals the grid tables show, as `NAME_low` and `NAME_high`.
GRID_INTERVALS = {
    "val": f"last_val_{ACCURACY}",
    "train": f"last_{ACCURACY}",
    "best_val": CRITERION,
}
GRID_COLUMNS = (
    *CONFIGURATION_COLUMNS, *BEYOND_COLUMNS,
    "lr", "val_sparse_categorical_accuracy", "val_low", "val_high", "val_loss",
    "sparse_categorical_accuracy", "train_low", "train_high", "loss", "round_epochs",
    "best_val_accuracy", "best_val_low", "best_val_high",
    "parameters", "train_seconds", "gpu", "key", "run_id",
)  # fmt: skip


def grid_table(family: FamilyRuns) -> pd.DataFrame:
    """The complete table of a family, by the last epoch's validation accuracy as in the study."""
    rows = [_grid_row(run) for run in family.runs]
    table = pd.DataFrame(rows, columns=list(GRID_COLUMNS))
    table = table.sort_values(
        ["val_sparse_categorical_accuracy", "key"], ascending=[False, True], ignore_index=True
    )
    # A column that no trial of the family has (an MLP's padding) is not shown.
    return table if table.empty else table.dropna(axis="columns", how="all")


def _grid_row(run: RunRecord) -> dict[str, object]:
    trial = run.trial
    fields = {**vars(trial.model), **vars(trial.training), "replicate": trial.replicate}
    row = {name: fields[name] for name in CONFIGURATION_COLUMNS if name in fields}
    usual = defaults(trial.model.network)
    row |= {name: fields[name] for name in BEYOND_COLUMNS if fields.get(name) != usual.get(name)}
    row |= {column: run.metrics[metric] for column, metric in STUDY_COLUMNS.items()}
    for name, metric in GRID_INTERVALS.items():
        interval = stats.accuracy_interval(run.metrics[metric], samples_of(metric, trial.data))
        row[f"{name}_low"], row[f"{name}_high"] = interval
    return row | {
        "best_val_accuracy": run.metrics[CRITERION],
        "parameters": int(run.metrics["parameters"]),
        "train_seconds": run.metrics["train_seconds"],
        "gpu": run.gpu or None,
        "key": run.key,
        "run_id": run.run_id,
    }
