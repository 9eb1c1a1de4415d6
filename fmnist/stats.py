"""Intervals and tests; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, ttest_1samp
from scipy.stats import t as student_t

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
# Of a deviation between seeds by which a number may be judged: three seeds of one configuration.
LEAST_FREEDOM = 2
# What every heading and sentence calls an interval of this confidence.
INTERVAL = f"{CONFIDENCE:.0%} interval"

Interval = tuple[float, float]


def accuracy_interval(accuracy: float, samples: int) -> Interval:
    """The 95% Wilson interval of an accuracy measured on independent samples."""
    return _wilson(round(accuracy * samples), samples)


@cache  # the trials of a large table have few different accuracies
def _wilson(correct: int, samples: int) -> Interval:
    found = binomtest(correct, samples).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def mean_interval(values: Sequence[float]) -> Interval:
    """The 95% interval of the mean of replicates (Student's t); nan for fewer than two."""
    if len(values) < 2:
        return float("nan"), float("nan")
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return _around(float(np.mean(values)), float(error), len(values) - 1)


def _around(mean: float, error: float, freedom: float) -> Interval:
    """The 95% interval around a mean of this standard error and degrees of freedom."""
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return mean - half, mean + half


def mean_metrics(metric: str, values: Sequence[float]) -> dict[str, float]:
    """A mean over models and its interval, as metrics of a run."""
    low, high = mean_interval(values)
    return {
        f"mean_{metric}": float(np.mean(values)),
        f"mean_{metric}_low": low,
        f"mean_{metric}_high": high,
    }


@dataclass(frozen=True)
class Deviation:
    """A standard deviation between trainings that differ in their seed alone.

    Attributes:
        freedom: its degrees of freedom.
    """

    value: float
    freedom: int


def pooled_deviation(groups: Iterable[Sequence[float]]) -> Deviation | None:
    """The standard deviation within groups whose means differ; None without two of a group.

    A group holds the values of one configuration's seeds. Each counts by its degrees of freedom:
    one of a single value has none, and says nothing.
    """
    known = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in known)
    if not freedom:
        return None
    squares = sum(float(np.var(group)) * len(group) for group in known)
    return Deviation(sqrt(squares / freedom), freedom)


@dataclass(frozen=True)
class Judgement:
    """A number beside where one further training falls with 95%: from `low` to `high`.

    Attributes:
        z: how far the mean of our trainings is above the number, in standard errors of that.
    """

    low: float
    high: float
    z: float
    inside: bool


def judge(
    value: float, trainings: Sequence[float], deviation: Deviation | None
) -> Judgement | None:
    """Whether a value can be one further training like ours, which differ in their seed alone.

    None where the deviation between seeds is known by fewer than `LEAST_FREEDOM` degrees of
    freedom, of which the interval would hold almost everything.
    """
    if deviation is None or deviation.freedom < LEAST_FREEDOM:
        return None
    mean = float(np.mean(trainings))
    error = deviation.value * sqrt(1 + 1 / len(trainings))  # of one more, and of their mean
    low, high = _around(mean, error, deviation.freedom)
    z = (mean - value) / error if error else float("nan")
    return Judgement(low, high, z, low <= value <= high)


def deviation_of(interval: Interval, n: int) -> Deviation:
    """The deviation between n values of whose mean this is the `mean_interval`."""
    low, high = interval
    quantile = float(student_t.ppf((1 + CONFIDENCE) / 2, n - 1))
    return Deviation((high - low) / 2 / quantile * sqrt(n), n - 1)


@dataclass(frozen=True)
class VarianceOfMean:
    """The variance of a mean over trainings, and its degrees of freedom."""

    value: float
    freedom: int

    @classmethod
    def seeds(cls, deviation: Deviation, count: int) -> Self:
        """Of a mean over seeds, which are independent: s² / n."""
        return cls(deviation.value**2 / count, deviation.freedom)

    @classmethod
    def folds(cls, deviation: Deviation, count: int) -> Self:
        """Of a mean over folds, whose training sets overlap.

        Nadeau and Bengio's correction: s² · (1/k + tested/trained), where a fold is tested on one
        part of the images and trained on all the others. Without it the folds would count as
        independent, and an interval be too narrow.
        """
        return cls(deviation.value**2 * (1 / count + 1 / (count - 1)), deviation.freedom)

    def interval(self, mean: float) -> Interval:
        """The 95% interval of the mean."""
        return _around(mean, sqrt(self.value), self.freedom)

    def interval_over_images(self, accuracy: float, images: int) -> Interval:
        """The 95% interval of a mean accuracy, other trainings and other images both considered.

        The two sources of error are independent and add up: that of the trainings, and that of one
        accuracy on the images, which all of them share: p · (1 - p) / images. The degrees of
        freedom of the sum are Satterthwaite's.
        """
        of_images = accuracy * (1 - accuracy) / images
        both = self.value + of_images
        if not both:
            return accuracy, accuracy
        freedom = both**2 / (self.value**2 / self.freedom + of_images**2 / (images - 1))
        return _around(accuracy, sqrt(both), freedom)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P values adjusted for being several, by Holm's step-down method; None stays None."""
    known = sorted((value, place) for place, value in enumerate(p_values) if value is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for done, (value, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - done) * value))
        adjusted[place] = highest
    return adjusted


@dataclass(frozen=True)
class PairedDifference:
    """The mean of paired differences, its 95% interval, and the p value of its being 0."""

    value: float
    low: float
    high: float
    p_value: float


def paired_difference(differences: Sequence[float]) -> PairedDifference | None:
    """What pairs say of the mean of their differences, by Student's t.

    None for fewer than two, or if all are equal: then nothing is known of how they vary.
    """
    if len(differences) < 2 or not np.ptp(differences):
        return None
    p_value = float(ttest_1samp(differences, 0).pvalue)
    return PairedDifference(float(np.mean(differences)), *mean_interval(differences), p_value)


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same images: how many only one of them has right, and McNemar's exact p."""

    only_first: int
    only_second: int
    p_value: float

    @property
    def tied(self) -> bool:
        """Whether the two do not differ at the 5% level."""
        return self.p_value >= SIGNIFICANCE


def paired_test(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> PairedTest:
    """McNemar's exact test on which of the same images (n,) two models have right."""
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    apart = only_first + only_second
    p_value = float(binomtest(only_first, apart).pvalue) if apart else 1.0
    return PairedTest(only_first, only_second, p_value)
