"""Which configuration wins: one rule, the study's own, on validation alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from fmnist import stats
from fmnist.data.config import ALL_FOLDS, FOLDS
from fmnist.stats import Deviation
from fmnist.study.metrics import CRITERION
from fmnist.tracking.runs import RunRecord

RULE = "highest mean validation accuracy over the same number of seeds; on a tie, fewer parameters"
FOLDS_RULE = f"highest mean validation accuracy over {ALL_FOLDS}; on a tie, fewer parameters"


@dataclass(frozen=True)
class Candidate:
    """One configuration and its finished replicates, or all its folds, best first.

    Attributes:
        compared: how many of them ranked it: the first by number, as many as every one has.
        deviation: of validation accuracy between seeds, pooled over all candidates.
    """

    replicates: tuple[RunRecord, ...]
    compared: int
    deviation: Deviation | None

    @property
    def best(self) -> RunRecord:
        """The replicate of highest validation accuracy."""
        return self.replicates[0]

    @property
    def on_folds(self) -> bool:
        """Whether its runs are folds."""
        return self.best.trial.data.is_fold

    @property
    def score(self) -> float:
        """Mean validation accuracy."""
        return _mean(self.replicates)

    @property
    def chosen_at(self) -> float:
        """The mean validation accuracy that ranked it."""
        return _mean(self._in_order[: self.compared])

    @property
    def afterwards(self) -> float | None:
        """The mean over the replicates that were trained once it was chosen; None without any.

        What it is below `chosen_at` is selection bias: the best of many was lucky as well.
        """
        later = self._in_order[self.compared :]
        return _mean(later) if later else None

    @property
    def _in_order(self) -> list[RunRecord]:
        return sorted(self.replicates, key=_order)


def candidates(runs: Iterable[RunRecord]) -> list[Candidate]:
    """The configurations of finished trials, the winner first, each with all its replicates."""
    groups, fewest = by_configuration(runs)
    groups.sort(key=lambda group: _rank(group[:fewest]))
    deviation = seed_deviation(groups, CRITERION)
    return [
        Candidate(
            tuple(sorted(group, key=lambda run: (-run.metrics[CRITERION], run.key))),
            fewest,
            deviation,
        )
        for group in groups
    ]


def seed_deviation(groups: Iterable[Sequence[RunRecord]], metric: str) -> Deviation | None:
    """How far a metric is apart between seeds, pooled over the replicates of configurations."""
    return stats.pooled_deviation(
        [run.metrics[metric] for run in group if metric in run.metrics] for group in groups
    )


def comparable(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Of each configuration the first replicates, as many as every one has.

    A winner that was lucky would lose by the replicates that a final adds, to one as lucky that
    has none; so a final that was interrupted, or asked for again, would choose another.
    """
    groups, fewest = by_configuration(runs)
    return [run for group in groups for run in group[:fewest]]


def by_configuration(runs: Iterable[RunRecord]) -> tuple[list[list[RunRecord]], int]:
    """The replicates or folds of each configuration, in their order, and how many all have."""
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in sorted(runs, key=_order):
        groups[run.trial.configuration_key].append(run)
    return list(groups.values()), min(map(len, groups.values()), default=0)


def with_all_folds(folds: Iterable[RunRecord]) -> list[RunRecord]:
    """The folds of those configurations that have all of them: others have no mean to compare."""
    groups, _ = by_configuration(folds)
    return [run for group in groups if len(group) == FOLDS for run in group]


def _order(run: RunRecord) -> tuple[int, str]:
    return run.trial.replicate, run.trial.data.split


def _rank(compared: Sequence[RunRecord]) -> tuple[float, float, str]:
    one = compared[0]
    # Equal means of other counts of images may differ in their last bit.
    return -round(_mean(compared), 9), one.metrics["parameters"], one.trial.configuration_key


def _mean(runs: Sequence[RunRecord]) -> float:
    return fmean(run.metrics[CRITERION] for run in runs)
