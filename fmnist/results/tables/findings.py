"""The study's claims, and ours, beside what is measured here; a verdict by one rule; pure."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import fmean

import pandas as pd

from fmnist.results import selection
from fmnist.results.accuracy import Accuracy, samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.claims import BEYOND, CLAIMS, Claim
from fmnist.results.tables.differences import Group, Measured, Right
from fmnist.results.tables.published import NOT_RUN, STUDY_DATA, trial_of
from fmnist.results.tables.table import Table
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.published import PUBLISHED
from fmnist.tracking.runs import RunRecord

AGREES, UNDECIDED, CONTRADICTS = "agrees", "undecided", "contradicts"
LAST = f"last_val_{ACCURACY}"
# Families whose accuracies the study took from the last epoch: Talos did, of its grids.
OF_LAST_EPOCH = ("mlp_capacity", "mlp_search", "mlp_optimizers", "cnn_search")
COLUMNS = (
    "question", "family", "claim", "study_difference", "difference", "n", "verdict",
)  # fmt: skip
LEGEND = (
    "Difference: validation accuracy of the first named minus that of the others, at the last "
    "epoch where the study's numbers are of it, else of the saved weights. Agrees: its interval is "
    "above 0; contradicts: below 0; undecided: it includes 0. With one seed per configuration the "
    "interval ignores seed-to-seed variation and is subject to selection bias."
)

# Which of its validation images a trial has right.
RightAnswers = Callable[[RunRecord], Right]


def unknown(_: RunRecord) -> Right:
    """That no predictions are known."""
    return None


def findings_table(families: Iterable[FamilyRuns], right: RightAnswers = unknown) -> Table:
    """A row for each claim of the study, and of ours if it is measured: difference, verdict."""
    ours = {family.name: measured(family, right) for family in families}
    beyond = [claim for claim in BEYOND if claim.measure(ours.get(claim.family, []))]
    rows = [_row(claim, ours.get(claim.family, [])) for claim in (*CLAIMS, *beyond)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("findings", "The study's claims", frame, LEGEND)


def _row(claim: Claim, ours: Group) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(claim, name) for name in COLUMNS[:3]}
    if printed := claim.measure(published(claim.family)):
        row["study_difference"] = printed.value
    difference = claim.measure(ours)
    row["verdict"] = verdict(difference)
    return row | {"difference": difference, "n": difference.n} if difference else row


def verdict(difference: Accuracy | None) -> str:
    """What a difference says of the claim that it is above 0."""
    if difference is None:
        return NOT_RUN
    if difference.low > 0:
        return AGREES
    return CONTRADICTS if difference.high < 0 else UNDECIDED


def measured(family: FamilyRuns, right: RightAnswers) -> list[Measured]:
    """The configurations of a family's finished trials, the best first."""
    metric = LAST if family.name in OF_LAST_EPOCH else CRITERION
    groups, fewest = selection.ranked(family.runs, metric)
    return [_measured(group, metric, fewest, right) for group in groups]


def _measured(runs: Sequence[RunRecord], metric: str, fewest: int, right: RightAnswers) -> Measured:
    """A configuration from its replicates; predictions are saved of the restored epoch alone."""
    accuracies = [run.metrics[metric] for run in runs]
    trial = runs[0].trial
    return Measured(
        trial=trial,
        score=fmean(accuracies[:fewest]),
        accuracies=accuracies,
        images=samples_of(metric, trial.data),
        right=partial(right if metric == CRITERION else unknown, runs[0]),
    )


def published(family: str) -> list[Measured]:
    """The configurations of a family whose validation accuracy the study printed, best first."""
    found = []
    for entry in PUBLISHED:
        for name in (CRITERION, LAST):
            if entry.family == family and name in entry.metrics:
                accuracy, trial = entry.metrics[name], trial_of(entry)
                images = samples_of(name, STUDY_DATA)
                one = Measured(trial=trial, score=accuracy, accuracies=[accuracy], images=images)
                found.append(one)
    return sorted(found, key=lambda one: one.score, reverse=True)
