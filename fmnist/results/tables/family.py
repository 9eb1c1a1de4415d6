"""The complete table of a family: a row for each finished trial."""

import dataclasses
from collections.abc import Mapping, Sequence

import pandas as pd

from fmnist.results.accuracy import accuracy_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.metrics import ACCURACY, CRITERION, LAST_VALIDATION, TEST
from fmnist.study.naming import label
from fmnist.study.own_network import OwnNetwork
from fmnist.study.trial import defaults
from fmnist.tracking.runs import RunRecord

TOP = 10

# The study's columns, with the metric that each shows. Talos filled them from the last epoch.
STUDY_COLUMNS = {
    "lr": "last_learning_rate",
    "val_sparse_categorical_accuracy": LAST_VALIDATION,
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
# The accuracies that have an interval: those of images that a trial was not trained on.
ACCURACIES = {
    "val_sparse_categorical_accuracy": LAST_VALIDATION,
    "best_val_accuracy": CRITERION,
    "test_accuracy": TEST,
}
GRID_COLUMNS = (
    *CONFIGURATION_COLUMNS, *BEYOND_COLUMNS,
    "lr", "val_sparse_categorical_accuracy", "val_loss",
    "sparse_categorical_accuracy", "loss", "round_epochs", "best_val_accuracy",
    "test_accuracy", "parameters", "train_seconds", "gpu", "key", "run_id", "trial",
)  # fmt: skip
FOR_PEOPLE = (
    "trial", "val_sparse_categorical_accuracy", "best_val_accuracy", "round_epochs",
    "train_seconds",
)  # fmt: skip
# Where trials are scored on the test set, as the author did.
TESTED_FOR_PEOPLE = tuple(
    "test_accuracy" if name == "best_val_accuracy" else name for name in FOR_PEOPLE
)
VARIED_COLUMNS = tuple(
    name
    for name in (*CONFIGURATION_COLUMNS, *BEYOND_COLUMNS)
    if name not in ("architecture", "dropout")
)
# What is shown of a trial beside its settings, as far as it fits a terminal.
TERMINAL_COLUMNS = (
    "lr", "val_sparse_categorical_accuracy", "val_loss", "loss", "round_epochs",
    "best_val_accuracy",
)  # fmt: skip
LEGEND = (
    "Values are from the last epoch, as in the study's tables. Best val and test accuracy are for "
    "the saved weights: from the epoch with the lowest validation loss; in preset as_run and "
    "one-cycle schedules from the last epoch. Intervals are Wilson's, over the images."
)


def grid_table(family: FamilyRuns) -> Table:
    """The complete table of a family, by the last epoch's validation accuracy as in the study."""
    ordered = sorted(family.runs, key=lambda run: (-run.metrics[LAST_VALIDATION], run.key))
    own = {name: None for run in ordered for name in _own_settings(run) if name not in GRID_COLUMNS}
    columns = [GRID_COLUMNS[0], *own, *GRID_COLUMNS[1:]]
    frame = pd.DataFrame([_grid_row(run) for run in ordered], columns=columns)
    # A column that no trial of the family has (an MLP's padding) is not shown.
    frame = frame if frame.empty else frame.dropna(axis="columns", how="all")
    title = f"{family.name}: {families.get(family.name).question}"
    shown = TESTED_FOR_PEOPLE if "test_accuracy" in frame else FOR_PEOPLE
    return Table(family.name, title, frame, LEGEND, shown)


def top(table: Table) -> Table:
    """The first rows of a family's table, with the columns that fit a terminal."""
    title = f"{table.title} Top {min(len(table), TOP)} of {len(table)}"
    return dataclasses.replace(table.only(shown_columns(table, TERMINAL_COLUMNS), TOP), title=title)


def shown_columns(table: Table, measured: Sequence[str]) -> list[str]:
    """What is measured, and of the settings those that vary in the family."""
    frame = table.frame
    own = [name for name in frame.columns if name not in GRID_COLUMNS]
    varied = [
        name
        for name in (*own, *VARIED_COLUMNS)
        if name in frame and frame[name].nunique(dropna=False) > 1
    ]
    shown = ("architecture", "dropout", *varied, *measured)
    return [name for name in frame.columns if name in shown]


def _own_settings(run: RunRecord) -> Mapping[str, object]:
    """What the function of a person's own network was called with; nothing of other networks."""
    model = run.trial.model
    return model.arguments if isinstance(model, OwnNetwork) else {}


def _grid_row(run: RunRecord) -> dict[str, object]:
    trial = run.trial
    fields = {**vars(trial.model), **vars(trial.training), "replicate": trial.replicate}
    row = {name: fields[name] for name in CONFIGURATION_COLUMNS if name in fields}
    row |= _own_settings(run)
    usual = defaults(trial.model)
    row |= {name: fields[name] for name in BEYOND_COLUMNS if fields.get(name) != usual.get(name)}
    row |= {column: run.metrics[metric] for column, metric in STUDY_COLUMNS.items()}
    row |= {
        name: accuracy_of(metric, [run])
        for name, metric in ACCURACIES.items()
        if metric in run.metrics
    }
    return row | {
        "parameters": int(run.metrics["parameters"]),
        "train_seconds": run.metrics["train_seconds"],
        "gpu": run.gpu or None,
        "key": run.key,
        "run_id": run.run_id,
        "trial": label(trial),
    }
