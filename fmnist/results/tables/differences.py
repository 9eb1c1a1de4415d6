"""Groups of configurations, and by how much one reaches a higher validation accuracy; pure."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from fmnist import stats
from fmnist.results.accuracy import Accuracy
from fmnist.stats import Interval
from fmnist.study.trial import Trial

# Which of the same validation images (n,) a training has right; None where that is not known.
Right = NDArray[np.bool_] | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A configuration with the validation accuracies of its replicates, in their order.

    Attributes:
        score: what ranks it: the mean over as many replicates as all configurations have.
        images: how many an accuracy is over.
        right: which of them the first replicate has right, if its accuracy is of saved predictions.
    """

    trial: Trial
    score: float
    accuracies: Sequence[float]
    images: int
    right: Callable[[], Right] = lambda: None

    def over(self, replicates: int) -> Accuracy:
        """The mean over the first replicates, with its interval."""
        values = self.accuracies[:replicates]
        if len(values) == 1:
            return Accuracy.over_images(values[0], self.images)
        return Accuracy(fmean(values), *stats.mean_interval(values))


# Configurations in the order of their scores, the best first.
Group = Sequence[Measured]
# None where there is too little to compare.
Comparing = Callable[[Group, Group], Accuracy | None]


def best(first: Group, second: Group) -> Accuracy | None:
    """The best of one group against the best of the other."""
    if not first or not second:
        return None
    chosen = "" if len(first) == len(second) == 1 else f"best of {len(first)} and of {len(second)}"
    return _between(first[0], second[0], chosen)


def every(first: Group, second: Group) -> Accuracy | None:
    """The worst of one group against the best of the other: above 0 if each of it is better."""
    if not first or not second:
        return None
    return _between(first[-1], second[0], f"worst of {len(first)}, best of {len(second)}")


def _between(one: Measured, other: Measured, chosen: str) -> Accuracy:
    """Two configurations, by as many replicates as both have."""
    replicates = min(len(one.accuracies), len(other.accuracies))
    n = f"{replicates} and {replicates} replicates"
    n = f"{chosen}: {n}" if chosen else n
    found = one.over(replicates).minus(other.over(replicates), n)
    if replicates == 1 and (paired := _paired(one.right(), other.right())):
        return Accuracy(found.value, *paired, f"{n}, paired")
    return found


def _paired(right: Right, others: Right) -> Interval | None:
    """The 95% interval of the difference of two accuracies on the same images."""
    if right is None or others is None:
        return None
    return stats.mean_interval((right.astype(np.int8) - others).tolist())


def means(first: Group, second: Group) -> Accuracy | None:
    """The mean of one group against that of the other."""
    if min(len(first), len(second)) < 2:
        return None
    one, other = ([found.score for found in group] for group in (first, second))
    value, interval = stats.difference_of_means(one, other)
    return Accuracy(value, *interval, f"means of {len(first)} and of {len(second)}")


def pairs(first: Group, second: Group, by: Callable[[Trial], Hashable]) -> Accuracy | None:
    """The mean difference of configurations that are alike in what `by` gives: the best of each."""
    ones, others = (
        {by(found.trial): found.score for found in reversed(group)} for group in (first, second)
    )
    differences = [score - others[alike] for alike, score in ones.items() if alike in others]
    if len(differences) < 2:
        return None
    value = sum(differences) / len(differences)
    return Accuracy(value, *stats.mean_interval(differences), f"{len(differences)} pairs")
