"""Which configuration wins: one rule, the study's own, on validation alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from fmnist.records import RunRecord
from fmnist.validation import InvalidInput

CRITERION = "best_val_sparse_categorical_accuracy"
RULE = "highest validation accuracy (mean of its replicates), ties to fewer parameters"


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
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        groups[run.trial.configuration_key].append(run)
    ranked = [
        Candidate(tuple(sorted(group, key=lambda run: (-run.metrics[CRITERION], run.key))))
        for group in groups.values()
    ]
    return sorted(ranked, key=_rank)


def _rank(candidate: Candidate) -> tuple[float, float, str]:
    best = candidate.best
    return -candidate.score, best.metrics["parameters"], best.trial.configuration_key


def check_weights(replicates: Iterable[RunRecord], named: str) -> None:
    """Make sure that a configuration's models can be rebuilt.

    Raises:
        InvalidInput: if an export brought one of its trials; the line says what to do.
    """
    lacking = [run for run in replicates if not run.has_weights]
    if lacking:
        ids = ", ".join(run.run_id for run in lacking)
        raise InvalidInput(
            f"{named}: known from an export, without its weights; to train it again, delete its "
            f"run with: mlflow runs delete --run-id ID (here {ids}), and run {lacking[0].family}; "
            "or choose among the trials whose weights are here: config=here"
        )
