"""The study's claims, and ours, beside what is measured here; a verdict by one rule; pure."""

from collections.abc import Iterable

import pandas as pd

from fmnist import selection, stats, tables
from fmnist.claims import BEYOND, CLAIMS, Claim
from fmnist.family_runs import FamilyRuns
from fmnist.groups import Difference, Group, Measured
from fmnist.published import PUBLISHED
from fmnist.published_table import STUDY_DATA, trial_of
from fmnist.records import RunRecord
from fmnist.selection import CRITERION
from fmnist.tables import ACCURACY

AGREES, UNDECIDED = "agrees", "undecided"
CONTRADICTS, NOT_RUN = "contradicts", "not run"
COLUMNS = (
    "question", "family", "claim", "study_difference", "difference", "difference_low",
    "difference_high", "n", "verdict",
)  # fmt: skip
RULE = (
    "difference: of best validation accuracies, the first named minus the others, with its 95% "
    "interval. best: the best of each group, by as many replicates as all have, each uncertain by "
    "its images (Newcombe), or by its replicates where there are several; this takes the images of "
    "the two as independent though they are the same, of one training each it holds nothing of the "
    "seed, and the best of many looks better than it is. means: Welch's t over configurations. "
    "pairs: Student's t over pairs. "
    "agrees: the interval is above 0; contradicts: it is below 0; undecided: it holds 0, and so "
    "allows the claim and its opposite. study difference: the same of the accuracies that the "
    "study printed"
)


def findings_table(families: Iterable[FamilyRuns]) -> pd.DataFrame:
    """A row for each claim of the study, and of ours if it is measured: difference, verdict."""
    ours = {family.name: measured(family.runs) for family in families}
    beyond = [claim for claim in BEYOND if claim.measure(ours.get(claim.family, []))]
    rows = [_row(claim, ours.get(claim.family, [])) for claim in (*CLAIMS, *beyond)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(claim: Claim, ours: Group) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(claim, name) for name in COLUMNS[:3]}
    if printed := claim.measure(published(claim.family)):
        row["study_difference"] = printed.value
    difference = claim.measure(ours)
    row["verdict"] = verdict(difference)
    if difference:
        low, high = difference.interval
        row |= {"difference": difference.value, "n": difference.n}
        row |= {"difference_low": low, "difference_high": high}
    return row


def verdict(difference: Difference | None) -> str:
    """What a difference says of the claim that it is above 0."""
    if difference is None:
        return NOT_RUN
    low, high = difference.interval
    if low > 0:
        return AGREES
    return CONTRADICTS if high < 0 else UNDECIDED


def measured(runs: Iterable[RunRecord]) -> list[Measured]:
    """The configurations of finished trials, the best first, each by as many replicates."""
    return [
        Measured(
            candidate.best.trial,
            candidate.score,
            tables.interval_of(CRITERION, candidate.replicates),
            len(candidate.replicates),
        )
        for candidate in selection.candidates(selection.comparable(runs))
    ]


def published(family: str) -> list[Measured]:
    """The configurations of a family whose validation accuracy the study printed, best first."""
    found = []
    for entry in PUBLISHED:
        for name in (f"best_val_{ACCURACY}", f"last_val_{ACCURACY}"):
            if entry.family == family and name in entry.metrics:
                accuracy = entry.metrics[name]
                images = tables.samples_of(name, STUDY_DATA)
                interval = stats.accuracy_interval(accuracy, images)
                found.append(Measured(trial_of(entry), accuracy, interval, replicates=1))
    return sorted(found, key=lambda one: one.accuracy, reverse=True)
