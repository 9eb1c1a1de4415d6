"""Groups of configurations, and by how much one reaches a higher validation accuracy; pure."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from fmnist import stats
from fmnist.config import Trial
from fmnist.stats import Interval


@dataclass(frozen=True)
class Measured:
    """A configuration with its validation accuracy, mean over replicates, and 95% interval."""

    trial: Trial
    accuracy: float
    interval: Interval
    replicates: int


@dataclass(frozen=True)
class Difference:
    """First minus second, with its 95% interval and what it is over."""

    value: float
    interval: Interval
    n: str


# Configurations in the order of selection, the best first.
Group = Sequence[Measured]
# None where there is too little to compare.
Comparing = Callable[[Group, Group], Difference | None]


def best(first: Group, second: Group) -> Difference | None:
    """The best of one group against the best of the other."""
    if not first or not second:
        return None
    one, other = first[0], second[0]
    interval = stats.difference_interval(one.accuracy, one.interval, other.accuracy, other.interval)
    n = f"best of {len(first)} and of {len(second)}"
    if len(first) == len(second) == 1:
        n = f"{one.replicates} and {other.replicates} replicates"
    return Difference(one.accuracy - other.accuracy, interval, n)


def means(first: Group, second: Group) -> Difference | None:
    """The mean of one group against that of the other."""
    if min(len(first), len(second)) < 2:
        return None
    one, other = ([found.accuracy for found in group] for group in (first, second))
    value, interval = stats.difference_of_means(one, other)
    return Difference(value, interval, f"means of {len(first)} and of {len(second)}")


def pairs(first: Group, second: Group, by: Callable[[Trial], Hashable]) -> Difference | None:
    """The mean difference of configurations that are alike in what `by` gives: the best of each."""
    ones, others = (
        {by(found.trial): found.accuracy for found in reversed(group)} for group in (first, second)
    )
    differences = [accuracy - others[alike] for alike, accuracy in ones.items() if alike in others]
    if len(differences) < 2:
        return None
    value = sum(differences) / len(differences)
    return Difference(value, stats.mean_interval(differences), f"{len(differences)} pairs")
