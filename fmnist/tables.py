"""From records to the study's tables, as DataFrames; pure. No records give empty tables."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import pandas as pd

from fmnist import selection, stats
from fmnist.beyond import RECIPE
from fmnist.config import DataConfig, Trial, defaults
from fmnist.data import REFIT, split_sizes
from fmnist.family_runs import FamilyRuns
from fmnist.published import PUBLISHED
from fmnist.records import WORDS, RunRecord
from fmnist.selection import CRITERION, Candidate

ACCURACY = "sparse_categorical_accuracy"
TEST_SAMPLES = 10_000
USUAL: Mapping[str, Mapping[str, object]] = {
    "mlp": {"batch_size": 128},
    "cnn": {"batch_size": 256},
    "resnet": vars(RECIPE),
    "vgg": vars(RECIPE),
}
NOT_IN_WORDS = ("architecture", "epochs", "batch_normalization_momentum")
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
SUMMARY_COLUMNS = (
    "family", "configurations", "done", "best", "parameters",
    "val_accuracy", "val_low", "val_high", "val_n", "by_chance", "published_val",
    "test_accuracy", "test_low", "test_high", "test_n", "published_test",
)  # fmt: skip

PUBLISHED_COLUMNS = {
    "published_val": (f"last_val_{ACCURACY}", f"best_val_{ACCURACY}"),
    "published_test": (f"test_{ACCURACY}", f"mean_test_{ACCURACY}"),
}


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


def samples_of(metric: str, data: DataConfig) -> int:
    """How many images a metric of a trial on these data is over."""
    if "test_" in metric:
        return TEST_SAMPLES
    training, validation = split_sizes(data.samples, data.split)
    return validation if "val_" in metric else training


def interval_of(metric: str, runs: Sequence[RunRecord]) -> tuple[float, float]:
    """The 95% interval of a metric: over replicates or models, else an accuracy's images, or nan.

    The metric may be a mean that one run holds with its own interval.
    """
    values = [run.metrics[metric] for run in runs]
    if len(values) > 1:
        low, high = stats.mean_interval(values)
        return (max(low, 0.0), min(high, 1.0)) if metric.endswith(ACCURACY) else (low, high)
    metrics = runs[0].metrics
    if f"{metric}_low" in metrics:
        return metrics[f"{metric}_low"], metrics[f"{metric}_high"]
    if not metric.endswith(ACCURACY):
        return float("nan"), float("nan")
    return stats.accuracy_interval(values[0], samples_of(metric, runs[0].trial.data))


def estimate(candidate: Candidate) -> stats.Estimate:
    """A configuration's words, its validation accuracy, and the 95% interval."""
    low, high = interval_of(CRITERION, candidate.replicates)
    return words(candidate.best.trial), candidate.score, low, high


def summary_table(families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]) -> pd.DataFrame:
    """A row for each family: its best configuration, and a row for each final."""
    rows = [_summary_row(family) for family in families if family.runs]
    rows += [_final_row(name, run) for name, run in finals.items()]
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def estimates(summary: pd.DataFrame) -> list[stats.Estimate]:
    """Of each family in the summary its best; the name says where not all of it is done."""
    columns = ["family", "configurations", "done", "val_accuracy", "val_low", "val_high"]
    searched = summary.dropna(subset=["configurations"])[columns]
    return [
        (name if done == expected else f"{name}, {done:.0f} of {expected:.0f}", *measured)
        for name, expected, done, *measured in searched.itertuples(index=False, name=None)
    ]


def _summary_row(family: FamilyRuns) -> dict[str, object]:
    ranked = selection.candidates(family.runs)
    runs, best = ranked[0].replicates, ranked[0].best
    samples = samples_of(CRITERION, best.trial.data)
    return {
        "family": family.name,
        "configurations": family.expected,
        "done": family.done,
        "best": words(best.trial),
        "parameters": int(best.metrics["parameters"]),
        **accuracy_columns("val", CRITERION, runs),
        "by_chance": stats.gain_by_chance(ranked[0].score, samples, len(ranked)),
        **accuracy_columns("test", f"test_{ACCURACY}", runs),
        **_published(family.name),
    }


def _final_row(name: str, run: RunRecord) -> dict[str, object]:
    """A final, or the cross-validation: one model on the test images, or a mean over several."""
    mean = "mean_" if run.metrics["models"] > 1 else ""
    return {
        "family": name,
        "best": run.tags.get(WORDS, ""),
        "parameters": int(run.metrics["parameters"]),
        **accuracy_columns("val", mean + CRITERION, [run]),
        **accuracy_columns("test", f"{mean}test_{ACCURACY}", [run]),
        **_published(name),
    }


def accuracy_columns(name: str, metric: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    """An accuracy with its interval and what that is over; nothing where a run does not have it."""
    if not all(metric in run.metrics for run in runs):
        return {}
    low, high = interval_of(metric, runs)
    if len(runs) > 1:
        n = f"{len(runs)} replicates"
    elif metric.startswith("mean_"):
        n = f"{runs[0].metrics['models']:.0f} models"
    else:
        n = f"{samples_of(metric, runs[0].trial.data)} images"
    accuracy = fmean(run.metrics[metric] for run in runs)
    columns = {"accuracy": accuracy, "low": low, "high": high, "n": n}
    return {f"{name}_{column}": value for column, value in columns.items()}


def _published(family: str) -> dict[str, float | None]:
    """The study's best validation and test accuracies of a family or a final, as far as printed."""
    printed = [entry.metrics for entry in PUBLISHED if entry.family == family]
    return {
        column: max((of[name] for of in printed for name in names if name in of), default=None)
        for column, names in PUBLISHED_COLUMNS.items()
    }


def words(trial: Trial) -> str:
    """A configuration for people: its architecture, and what differs from the study's defaults."""
    model, training = trial.model, trial.training
    usual = {**defaults(model.network), **USUAL[model.network]}
    fields = vars(model) | vars(training)
    differing = [
        name for name in fields if name not in NOT_IN_WORDS and fields[name] != usual[name]
    ]
    again = [REFIT] if trial.data.split == REFIT else []
    return " ".join([model.architecture, *(f"{name}={fields[name]}" for name in differing), *again])
