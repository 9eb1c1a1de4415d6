"""The study's claims, and ours, beside what is measured here; a verdict by one rule; pure."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import fmean

import pandas as pd

from fmnist.results import selection
from fmnist.results.accuracy import samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.claims import BEYOND, CLAIMS, Claim
from fmnist.results.tables.differences import Difference, Group, Measured, Right
from fmnist.results.tables.published import NOT_RUN, STUDY_DATA, trial_of
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.published import PUBLISHED
from fmnist.tracking.runs import RunRecord

AGREES, UNDECIDED, CONTRADICTS = "agrees", "undecided", "contradicts"
LAST = f"last_val_{ACCURACY}"
# Families whose accuracies the study took from the last epoch: Talos did, of its grids.
OF_LAST_EPOCH = ("mlp_capacity", "mlp_search", "mlp_optimizers", "cnn_search")
COLUMNS = (
    "question", "family", "claim", "study_difference", "difference", "difference_low",
    "difference_high", "n", "verdict",
)  # fmt: skip
RULE = (
    "difference: of validation accuracies, the first named minus the others, with its 95% "
    "interval; at the last epoch where the study's numbers of the family are of it, else at the "
    "restored one. best, worst: the first and the last of a group, as ranked by as many replicates "
    "as all have, compared by as many as both have; uncertain by their replicates or, of one each, "
    "by their images: paired where both predictions of the same images are known, else by "
    "Newcombe's method as if they were of different images; of one training each it holds nothing "
    "of the seed, and the best of many looks better than it is. means: Welch's t over "
    "configurations. pairs: Student's t over pairs. agrees: the interval is above 0; contradicts: "
    "it is below 0; undecided: it holds 0, and so allows the claim and its opposite. study "
    "difference: the same of the accuracies that the study printed, of mlp_search the best 10 of "
    "30. The trials of a claim may be of different hardware, as the tables of the families say: "
    "products of float32 are in TF32 on a GPU"
)

# Which of its validation images a trial has right.
RightAnswers = Callable[[RunRecord], Right]


def unknown(_: RunRecord) -> Right:
    """That no predictions are known."""
    return None


def findings_table(families: Iterable[FamilyRuns], right: RightAnswers = unknown) -> pd.DataFrame:
    """A row for each claim of the study, and of ours if it is measured: difference, verdict."""
    ours = {family.name: measured(family, right) for family in families}
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
