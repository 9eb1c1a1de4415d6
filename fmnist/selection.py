"""Which configuration wins: one rule, the study's own, on validation alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from fmnist.records import RunRecord

CRITERION = "best_val_sparse_categorical_accuracy"
RULE = (
    "highest validation accuracy (mean over as many replicates as all have), ties to fewer "
    "parameters"
)


@dataclass(frozen=True)
class Candidate:
    """One configuration and its finished replicates, best first."""

    replicates: tuple[RunRecord, ...]

    @property
    def best(self) -> RunRecord:
        """The replicate of highest validation accuracy."""
        return self.replicates[0]

    @property
    def score(self) -> float:
        """Mean validation accuracy."""
        return fmean(run.metrics[CRITERION] for run in self.replicates)


def candidates(runs: Iterable[RunRecord]) -> list[Candidate]:
    """The configurations of finished trials, the winner first."""
    ranked = [
        Candidate(tuple(sorted(group, key=lambda run: (-run.metrics[CRITERION], run.key))))
        for group in _by_configuration(runs)
    ]
    return sorted(ranked, key=_rank)


def comparable(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Of each configuration the first replicates, as many as every one has.

    A winner that was lucky would lose by the replicates that a final adds, to one as lucky that
    has none; so a final that was interrupted, or asked for again, would choose another.
    """
    groups = _by_configuration(runs)
    fewest = min(map(len, groups), default=0)
    return [
        run
        for group in groups
        for run in sorted(group, key=lambda run: run.trial.replicate)[:fewest]
    ]


def _by_configuration(runs: Iterable[RunRecord]) -> list[list[RunRecord]]:
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        groups[run.trial.configuration_key].append(run)
    return list(groups.values())


def _rank(candidate: Candidate) -> tuple[float, float, str]:
    best = candidate.best
    return -candidate.score, best.metrics["parameters"], best.trial.configuration_key
