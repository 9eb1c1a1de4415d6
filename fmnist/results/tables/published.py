"""Every published number beside ours, with what the difference between the two says; pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from fmnist import stats
from fmnist.data.config import DataConfig
from fmnist.results.accuracy import interval_of, samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.metrics import ACCURACY
from fmnist.study.naming import words
from fmnist.study.published import PUBLISHED, Published
from fmnist.study.trial import PRECISIONS, Trial
from fmnist.tracking.runs import RunRecord

COLUMNS = (
    "family", "configuration", "metric", "published", "ours", "low", "high", "verdict",
    "difference", "difference_low", "difference_high", "n", "our_configuration",
)  # fmt: skip
# The study's splits are of the sizes of ours.
STUDY_DATA = DataConfig(digest="")
# A model that was trained and measured once has an error of its own, as ours has.
VERDICT_RULE = (
    "verdict on accuracies: reproduced where the 95% interval of the difference holds 0, both "
    "numbers uncertain by their images (Wilson; ours by its replicates where there are several; "
    "combined by Newcombe's method); of another configuration: of a final whose search chose "
    "another than the study's, so that the two are not of one network; a published loss or count "
    "has no interval, and no verdict; the one mean of cnn_kfold stands beside each of its readings"
)
RULE = f"last_*: last epoch; best_*, train_*, test_*: restored weights; {VERDICT_RULE}"
OTHER = "of another configuration"
# In place of n, where there is nothing to compare.
NOT_RUN, NOT_MEASURED = "not run", "not measured"
# Equal counts of images differ in the digits that the study printed.
EQUAL = 1e-6
# Numbers whose difference is drawn; training accuracies are in the table alone.
DRAWN = "val_|test_"


def published_table(
    families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]
) -> pd.DataFrame:
    """Every published number, and of those with a counterpart the difference and the verdict."""
    ours: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    for family in families:
        for run in family.runs:
            ours[family.name, words(run.trial)].append(run)
    rows = []
    for entry in PUBLISHED:
        final = finals.get(entry.family)
        found = (ours[entry.family, name] for name in _words(entry) if (entry.family, name) in ours)
        matching = [final] if final else next(found, [])
        rows += [_row(entry, metric, matching) for metric in entry.metrics]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def compared(published: pd.DataFrame) -> pd.DataFrame:
    """The published numbers that we have a counterpart of."""
    return published.dropna(subset=["ours"])


def is_of_study(final: RunRecord) -> bool:
    """Whether a final, or the cross-validation, is of the study's own configuration."""
    return any(
        words(final.trial) in _words(entry) for entry in PUBLISHED if entry.family == final.family
    )


def _words(entry: Published) -> list[str]:
    """The published configuration in words, in the study's precision and in others.

    They leave out what a preset changes.
    """
    trial = trial_of(entry)
    return [words(trial.with_values({"precision": precision})) for precision in PRECISIONS]


def trial_of(entry: Published) -> Trial:
    """The trial that a published row is of; its data have no digest."""
    final = FINALS.get("cnn_final" if entry.family == KFOLD else entry.family)
    family = FAMILIES[final.study_family if final else entry.family]
    base = Trial(model=family.model, training=family.training, data=STUDY_DATA)
    return base.with_values(entry.point)


def _row(entry: Published, metric: str, matching: Sequence[RunRecord]) -> dict[str, object]:
    row = {
        "family": entry.family,
        "configuration": " ".join(str(value) for value in entry.point.values()),
        "metric": metric,
        "published": entry.metrics[metric],
    }
    if runs := [run for run in matching if metric in run.metrics]:
        return row | _beside(entry, metric, runs)
    return row | {"n": NOT_MEASURED if matching else NOT_RUN}


def _beside(entry: Published, metric: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    mean = f"mean_{metric}"  # what a final of several replicates holds beside its best one's
    of_ours = mean if mean in runs[0].metrics else metric
    ours, printed = fmean(run.metrics[of_ours] for run in runs), entry.metrics[metric]
    interval = interval_of(of_ours, runs)
    models = runs[0].metrics["models"] if of_ours.startswith("mean_") else len(runs)
    row = {
        "our_configuration": words(runs[0].trial),
        "ours": ours,
        "low": interval[0],
        "high": interval[1],
        "n": f"{models:.0f}",
        "difference": ours - printed,
    }
    if metric.endswith(ACCURACY):
        row |= _judged(ours, interval, printed, samples_of(metric, STUDY_DATA))
        if words(runs[0].trial) not in _words(entry):
            row["verdict"] = OTHER
    return row


def _judged(
    ours: float, interval: stats.Interval, printed: float, images: int
) -> dict[str, object]:
    of_printed = stats.accuracy_interval(printed, images)
    low, high = stats.difference_interval(ours, interval, printed, of_printed)
    verdict = stats.verdict(low, high)
    return {"difference_low": low, "difference_high": high, "verdict": verdict}


def rule(published: pd.DataFrame) -> str:
    """What the published numbers beside ours mean, and on which side of them ours are."""
    found = [estimate[1] for estimate in differences(published[published["verdict"] != OTHER])]
    if not found:
        return RULE
    below, above = sum(value < -EQUAL for value in found), sum(value > EQUAL for value in found)
    return (
        f"{RULE}. Of {len(found)} validation and test accuracies of the study's configurations "
        f"{below} are below the published and {above} above, by {fmean(found):.4f} on average; "
        "those of one split err alike"
    )


def differences(published: pd.DataFrame) -> list[stats.Estimate]:
    """Ours minus published with its interval, of the validation and test accuracies; named.

    Where ours is of another configuration, the name says which.
    """
    judged = published.dropna(subset=["verdict"])
    drawn = judged[judged["metric"].str.contains(DRAWN)]
    return [
        (_name(row), row["difference"], row["difference_low"], row["difference_high"])
        for row in drawn.to_dict("records")
    ]


def _name(row: Mapping[Hashable, Any]) -> str:
    short = row["metric"].replace(f"_{ACCURACY}", "").replace("_", " ")
    other = f" (ours {row['our_configuration']})" if row["verdict"] == OTHER else ""
    return f"{row['family']} {row['configuration']}{other}, {short}"
