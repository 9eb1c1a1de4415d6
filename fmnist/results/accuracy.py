"""An accuracy with its 95% interval, and what the interval is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Self

from fmnist import stats
from fmnist.data import fashion_mnist
from fmnist.data.config import DataConfig, split_sizes
from fmnist.results.selection import Candidate
from fmnist.stats import INTERVAL, Deviation, Interval, VarianceOfMean
from fmnist.study.families import KFOLD
from fmnist.study.metrics import CRITERION
from fmnist.study.naming import words
from fmnist.tracking.runs import RunRecord


@dataclass(frozen=True)
class Accuracy:
    """An accuracy from 0 to 1, or the difference of two, and the bounds of its 95% interval.

    Attributes:
        n: what the interval is over: "12000 images", "3 seeds, 12000 images", "5 folds".
    """

    value: float
    low: float
    high: float
    n: str = ""

    @classmethod
    def over_images(cls, value: float, images: int) -> Self:
        """The accuracy of one model, with Wilson's interval."""
        return cls(value, *stats.accuracy_interval(value, images), f"{images} images")

    @classmethod
    def over_seeds(cls, value: float, deviation: Deviation, seeds: int, images: int) -> Self:
        """The mean accuracy of seeds on the same images: both are sources of error."""
        interval = VarianceOfMean.seeds(deviation, seeds).interval_over_images(value, images)
        n = f"{seeds} seed{'s' if seeds > 1 else ''}, {images} images"
        return cls._within(value, interval, n)

    @classmethod
    def over_folds(cls, value: float, deviation: Deviation, folds: int, images: int | None) -> Self:
        """The mean accuracy of folds: each on the part held out, or all on the same images."""
        of_mean = VarianceOfMean.folds(deviation, folds)
        if images is not None:
            interval = of_mean.interval_over_images(value, images)
            return cls._within(value, interval, f"{folds} folds, {images} images")
        return cls._within(value, of_mean.interval(value), f"{folds} folds")

    @classmethod
    def _within(cls, value: float, interval: Interval, n: str) -> Self:
        low, high = interval
        return cls(value, max(low, 0.0), min(high, 1.0), n)

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


def value_of(cell: Any) -> Any:
    """The value of an accuracy; what a table holds in place of one stays as it is."""
    return cell.value if isinstance(cell, Accuracy) else cell


# A name, and the accuracy or the difference that a figure draws for it.
Estimate = tuple[str, Accuracy]


def samples_of(metric: str, data: DataConfig) -> int:
    """How many images a metric of a trial on these data is over."""
    if "test_" in metric:
        return fashion_mnist.identity().test_samples
    training, validation = split_sizes(data.samples, data.split)
    return validation if "val_" in metric else training


def accuracy_of(
    metric: str, runs: Sequence[RunRecord], deviation: Deviation | None = None
) -> Accuracy:
    """The mean accuracy of seeds or folds of one configuration, which all have the metric.

    Its interval considers other images, and other seeds as far as their deviation is known: the
    given one, else that of these runs. That of held-out folds considers what they have in common.
    The metric may be a mean that one run holds.
    """
    metrics, data = runs[0].metrics, runs[0].trial.data
    images = samples_of(metric, data)
    if f"{metric}_low" in metrics:
        return _of_mean(metric, runs[0], images)
    values = [run.metrics[metric] for run in runs]
    own = stats.pooled_deviation([values])
    if own and data.is_fold:
        return Accuracy.over_folds(fmean(values), own, len(values), _shared(metric, images))
    known = deviation or own
    if known is None:
        return Accuracy.over_images(values[0], images)
    return Accuracy.over_seeds(fmean(values), known, len(values), images)


def _of_mean(metric: str, run: RunRecord, images: int) -> Accuracy:
    """A mean over models that a run holds with the interval that their deviation alone gives."""
    mean, low, high = (run.metrics[f"{metric}{end}"] for end in ("", "_low", "_high"))
    models = int(run.metrics["models"])
    deviation = stats.deviation_of((low, high), models)
    if run.family != KFOLD:
        return Accuracy.over_seeds(mean, deviation, models, images)
    return Accuracy.over_folds(mean, deviation, models, _shared(metric, images))


def _shared(metric: str, images: int) -> int | None:
    """How many images all folds are tested on; None if each is tested on those it holds out."""
    return images if "test_" in metric else None


def estimate(candidate: Candidate) -> Estimate:
    """A configuration's words, and its validation accuracy."""
    found = accuracy_of(CRITERION, candidate.replicates, candidate.deviation)
    return words(candidate.best.trial), found


def accuracy_columns(
    name: str, metric: str, runs: Sequence[RunRecord], deviation: Deviation | None = None
) -> dict[str, object]:
    """An accuracy and what it is over, for a table; nothing where a run does not have it."""
    if not all(metric in run.metrics for run in runs):
        return {}
    accuracy = accuracy_of(metric, runs, deviation)
    return {f"{name}_accuracy": accuracy, f"{name}_n": accuracy.n}
