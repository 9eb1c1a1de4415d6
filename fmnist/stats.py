"""Intervals and tests; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t
from scipy.stats import ttest_ind
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

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
    low, high = proportion_confint(correct, samples, alpha=1 - CONFIDENCE, method="wilson")
    return float(low), float(high)


def mean_interval(values: Sequence[float]) -> Interval:
    """The 95% interval of the mean of replicates (Student's t); nan for fewer than two."""
    if len(values) < 2:
        return float("nan"), float("nan")
    half = student_t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)
    half *= np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values) - half), float(np.mean(values) + half)


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
    table = [
        [int((first & second).sum()), only_first],
        [only_second, int((~first & ~second).sum())],
    ]
    return PairedTest(only_first, only_second, float(mcnemar(table, exact=True).pvalue))
