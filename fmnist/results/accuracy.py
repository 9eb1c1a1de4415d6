"""An accuracy with its 95% interval, and how many images or replicates it is over."""

from collections.abc import Sequence
from statistics import fmean

from fmnist import stats
from fmnist.data.config import DataConfig, split_sizes
from fmnist.results.selection import Candidate
from fmnist.study.metrics import ACCURACY, CRITERION, TEST_SAMPLES
from fmnist.study.naming import words
from fmnist.tracking.runs import RunRecord


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
