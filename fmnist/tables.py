"""From records to the study's tables, as DataFrames; pure. No records give empty tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import pandas as pd

from fmnist import selection, stats
from fmnist.config import DataConfig, TrainingConfig, Trial
from fmnist.families import FAMILIES
from fmnist.family_runs import FamilyRuns
from fmnist.published import PUBLISHED, Published
from fmnist.records import WORDS, RunRecord
from fmnist.selection import CRITERION

ACCURACY = "sparse_categorical_accuracy"
TEST_SAMPLES = 10_000
USUAL = {"mlp": {"batch_size": 128}, "cnn": {"batch_size": 256}}
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
GRID_COLUMNS = (
    *CONFIGURATION_COLUMNS, *STUDY_COLUMNS, "best_val_accuracy", "low", "high",
    "parameters", "train_seconds", "run_id",
)  # fmt: skip
SUMMARY_COLUMNS = (
    "family", "trials", "done", "best", "parameters", "val_accuracy", "low", "high", "n",
    "test_accuracy", "test_low", "test_high", "published",
)  # fmt: skip
PUBLISHED_COLUMNS = (
    "family", "configuration", "our_configuration", "metric", "published", "ours", "difference",
    "low", "high", "n",
)  # fmt: skip


def grid_table(family: FamilyRuns) -> pd.DataFrame:
    """The complete table of a family, by the last epoch's validation accuracy as in the study."""
    rows = [_grid_row(run) for run in family.runs]
    table = pd.DataFrame(rows, columns=list(GRID_COLUMNS))
    table = table.sort_values(
        ["val_sparse_categorical_accuracy", "run_id"], ascending=[False, True], ignore_index=True
    )
    # A column that no trial of the family has (an MLP's padding) is not shown.
    return table if table.empty else table.dropna(axis="columns", how="all")


def _grid_row(run: RunRecord) -> dict[str, object]:
    trial = run.trial
    fields = {**vars(trial.model), **vars(trial.training), "replicate": trial.replicate}
    low, high = stats.accuracy_interval(run.metrics[CRITERION], validation_samples(trial))
    return {
        **{name: fields[name] for name in CONFIGURATION_COLUMNS if name in fields},
        **{column: run.metrics[metric] for column, metric in STUDY_COLUMNS.items()},
        "best_val_accuracy": run.metrics[CRITERION],
        "low": low,
        "high": high,
        "parameters": int(run.metrics["parameters"]),
        "train_seconds": run.metrics["train_seconds"],
        "run_id": run.run_id,
    }


def validation_samples(trial: Trial) -> int:
    """How many images a trial validates on."""
    return round(trial.data.samples * 0.2)


def summary_table(families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]) -> pd.DataFrame:
    """A row for each family: its best configuration, and a row for each final."""
    rows = [_summary_row(family) for family in families if family.runs]
    rows += [_final_row(name, run) for name, run in finals.items()]
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def _summary_row(family: FamilyRuns) -> dict[str, object]:
    winner = selection.candidates(family.runs)[0]
    best = winner.best
    low, high, n = _validation_interval(winner)
    return {
        "family": family.name,
        "trials": family.expected,
        "done": family.done,
        "best": words(best.trial),
        "parameters": int(best.metrics["parameters"]),
        "val_accuracy": winner.score,
        "low": low,
        "high": high,
        "n": n,
        **_test_columns(best.metrics),
        "published": _best_published(family.name),
    }


def _validation_interval(candidate: selection.Candidate) -> tuple[float, float, str]:
    """The 95% interval of a configuration's validation accuracy, and over how many of what."""
    scores = [run.metrics[CRITERION] for run in candidate.replicates]
    if len(scores) > 1:
        low, high = stats.mean_interval(scores)
        return low, high, f"{len(scores)} replicates"
    samples = validation_samples(candidate.best.trial)
    low, high = stats.accuracy_interval(scores[0], samples)
    return low, high, f"{samples} images"


def _test_columns(metrics: Mapping[str, float]) -> dict[str, object]:
    if f"mean_test_{ACCURACY}" in metrics:
        name = f"mean_test_{ACCURACY}"
        low, high = metrics[f"{name}_low"], metrics[f"{name}_high"]
    elif f"test_{ACCURACY}" in metrics:
        name = f"test_{ACCURACY}"
        low, high = stats.accuracy_interval(metrics[name], TEST_SAMPLES)
    else:
        return {}
    return {"test_accuracy": metrics[name], "test_low": low, "test_high": high}


def _final_row(name: str, run: RunRecord) -> dict[str, object]:
    """A final, or the cross-validation: one model on the test images, or a mean over several."""
    count = int(run.metrics["models"])
    return {
        "family": name,
        "best": run.tags.get(WORDS, ""),
        "parameters": int(run.metrics["parameters"]),
        "val_accuracy": run.metrics[CRITERION if count == 1 else f"mean_{CRITERION}"],
        "n": f"{TEST_SAMPLES} images" if count == 1 else f"{count} models",
        **_test_columns(run.metrics),
        "published": _best_published(name),
    }


def _best_published(family: str) -> float | None:
    """The study's headline for a family: its best validation accuracy, a final's test accuracy."""
    names = (f"last_val_{ACCURACY}", f"best_val_{ACCURACY}")
    if family.endswith(("final", "kfold")):
        names = (f"test_{ACCURACY}", f"mean_test_{ACCURACY}")
    values = [
        entry.metrics[name]
        for entry in PUBLISHED
        if entry.family == family
        for name in names
        if name in entry.metrics
    ]
    return max(values, default=None)


def published_table(
    families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]
) -> pd.DataFrame:
    """Every published number that we have a counterpart of, with the difference and interval."""
    ours: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    for family in families:
        for run in family.runs:
            ours[family.name, words(run.trial)].append(run)
    rows = []
    for entry in PUBLISHED:
        final = finals.get(entry.family)
        if matching := [final] if final else ours.get((entry.family, _published_words(entry)), []):
            rows += [_published_row(entry, metric, matching) for metric in entry.metrics]
    known = [row for row in rows if "ours" in row]
    return pd.DataFrame(known, columns=list(PUBLISHED_COLUMNS))


def _published_words(entry: Published) -> str:
    """The published configuration in words, which leave out what a preset changes."""
    if entry.family not in FAMILIES:
        return ""
    family = FAMILIES[entry.family]
    base = Trial(model=family.model, training=family.training, data=DataConfig(digest=""))
    return words(base.with_values(entry.point))


def _published_row(entry: Published, metric: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    values = [run.metrics[metric] for run in runs if metric in run.metrics]
    printed = entry.metrics[metric]
    row: dict[str, object] = {
        "family": entry.family,
        "configuration": " ".join(str(value) for value in entry.point.values()),
        "our_configuration": words(runs[0].trial),
        "metric": metric,
        "published": printed,
        "n": str(int(runs[0].metrics.get("models", len(values)))),
    }
    if values:
        low, high = _metric_interval(metric, values, runs[0])
        ours = fmean(values)
        row |= {"ours": ours, "difference": ours - printed, "low": low, "high": high}
    return row


def _metric_interval(metric: str, values: Sequence[float], run: RunRecord) -> tuple[float, float]:
    """Over replicates or models where there are several; else over an accuracy's images."""
    if len(values) > 1:
        return stats.mean_interval(values)
    if f"{metric}_low" in run.metrics:
        return run.metrics[f"{metric}_low"], run.metrics[f"{metric}_high"]
    if not metric.endswith(ACCURACY):
        return float("nan"), float("nan")
    if "test_" in metric:
        return stats.accuracy_interval(values[0], TEST_SAMPLES)
    samples = validation_samples(run.trial)
    return stats.accuracy_interval(values[0], samples if "val_" in metric else samples * 4)


def words(trial: Trial) -> str:
    """A configuration for people: its architecture, and what differs from the study's defaults."""
    model, training = trial.model, trial.training
    usual = vars(type(model)()) | vars(TrainingConfig()) | USUAL[model.network]
    fields = vars(model) | vars(training)
    differing = [
        name for name in fields if name not in NOT_IN_WORDS and fields[name] != usual[name]
    ]
    return " ".join([model.architecture, *(f"{name}={fields[name]}" for name in differing)])
