"""Intervals and tests; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, ttest_ind
from scipy.stats import t as student_t

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
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


def difference_interval(
    first: float, of_first: Interval, second: float, of_second: Interval
) -> Interval:
    """The 95% interval of first - second, independent estimates, from the interval of each.

    Of two Wilson intervals it is Newcombe's interval of the difference of two proportions, and it
    takes a mean's interval as well.
    """
    difference = first - second
    below = hypot(first - of_first[0], of_second[1] - second)
    above = hypot(of_first[1] - first, second - of_second[0])
    return difference - below, difference + above


def difference_of_means(first: Sequence[float], second: Sequence[float]) -> tuple[float, Interval]:
    """Mean of first minus mean of second and its 95% interval (Welch's t); two or more of each."""
    low, high = ttest_ind(first, second, equal_var=False).confidence_interval(CONFIDENCE)
    return float(np.mean(first) - np.mean(second)), (float(low), float(high))


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


def prediction_interval(mean: float, deviation: Deviation, n: int) -> Interval:
    """Where one further training falls with 95%: mean of n of them ± t · s · √(1 + 1/n)."""
    return _around(mean, deviation.value * sqrt(1 + 1 / n), deviation.freedom)


def corrected_interval(values: Sequence[float], tested: float, trained: float) -> Interval:
    """The 95% interval of the mean over folds, whose training sets overlap; two or more of them.

    Nadeau and Bengio's correction: the variance of the mean is s² · (1/k + tested/trained), where
    a fold trains on `trained` images and is tested on `tested`. Without it the folds would count
    as independent, and the interval be too narrow.
    """
    error = np.std(values, ddof=1) * sqrt(1 / len(values) + tested / trained)
    return _around(float(np.mean(values)), float(error), len(values) - 1)


def seeds_and_images_interval(
    accuracy: float, deviation: Deviation, seeds: int, images: int
) -> Interval:
    """The 95% interval of a mean accuracy, other seeds and other images both considered.

    The two sources of error are independent and add up: s² / seeds, and that of one accuracy on
    the images, which all seeds share: p · (1 - p) / images. The degrees of freedom of the sum are
    Satterthwaite's.
    """
    of_seeds, of_images = deviation.value**2 / seeds, accuracy * (1 - accuracy) / images
    both = of_seeds + of_images
    if not both:
        return accuracy, accuracy
    freedom = both**2 / (of_seeds**2 / deviation.freedom + of_images**2 / (images - 1))
    return _around(accuracy, sqrt(both), freedom)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for being several, by Holm's step-down method, in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for done, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def verdict(low: float, high: float) -> str:
    """What the interval of ours minus published says of the published number."""
    if low > 0:
        return "above"
    return "below" if high < 0 else "reproduced"


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
