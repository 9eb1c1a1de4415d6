"""An accuracy with its 95% interval, and what the interval is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

from fmnist import stats
from fmnist.data.config import DataConfig, split_sizes
from fmnist.results.selection import Candidate
from fmnist.stats import INTERVAL
from fmnist.study.metrics import CRITERION, TEST_SAMPLES
from fmnist.study.naming import words
from fmnist.tracking.runs import RunRecord


@dataclass(frozen=True)
class Accuracy:
    """An accuracy from 0 to 1, or the difference of two, and the bounds of its 95% interval.

    Attributes:
        n: what the interval is over: "12000 images", "3 replicates", "5 models".
    """

    value: float
    low: float
    high: float
    n: str = ""

    @classmethod
    def over_images(cls, value: float, images: int) -> Self:
        """The accuracy of one model, with Wilson's interval."""
        return cls(value, *stats.accuracy_interval(value, images), f"{images} images")

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.bounds})"

    @property
    def bounds(self) -> str:
        """The interval alone."""
        return f"{self.low:.4f} to {self.high:.4f}"

    @property
    def explained(self) -> str:
        """The accuracy within a sentence, which has no heading to say what the bounds are."""
        return f"{self.value:.4f} ({INTERVAL} {self.bounds}, {self.n})"

    def minus(self, other: Self, n: str = "") -> Self:
        """The difference of two independent accuracies."""
        (ours, theirs) = ((one.low, one.high) for one in (self, other))
        interval = stats.difference_interval(self.value, ours, other.value, theirs)
        return type(self)(self.value - other.value, *interval, n)


# A name, and the accuracy or the difference that a figure draws for it.
Estimate = tuple[str, Accuracy]


def samples_of(metric: str, data: DataConfig) -> int:
    """How many images a metric of a trial on these data is over."""
    if "test_" in metric:
        return TEST_SAMPLES
    training, validation = split_sizes(data.samples, data.split)
    return validation if "val_" in metric else training


def accuracy_of(metric: str, runs: Sequence[RunRecord]) -> Accuracy:
    """An accuracy that all of the runs have: over replicates, over models, or over images.

    The metric may be a mean that one run holds with its own interval.
    """
    values = [run.metrics[metric] for run in runs]
    metrics = runs[0].metrics
    if len(values) > 1:
        low, high = stats.mean_interval(values)
        return Accuracy(fmean(values), max(low, 0.0), min(high, 1.0), f"{len(values)} replicates")
    if f"{metric}_low" in metrics:
        bounds = metrics[f"{metric}_low"], metrics[f"{metric}_high"]
        return Accuracy(values[0], *bounds, f"{metrics['models']:.0f} models")
    return Accuracy.over_images(values[0], samples_of(metric, runs[0].trial.data))


def estimate(candidate: Candidate) -> Estimate:
    """A configuration's words, and its validation accuracy."""
    return words(candidate.best.trial), accuracy_of(CRITERION, candidate.replicates)


def accuracy_columns(name: str, metric: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    """An accuracy and what it is over, for a table; nothing where a run does not have it."""
    if not all(metric in run.metrics for run in runs):
        return {}
    accuracy = accuracy_of(metric, runs)
    return {f"{name}_accuracy": accuracy, f"{name}_n": accuracy.n}
