"""Every published number beside ours, with what the difference between the two says; pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import pandas as pd

from fmnist import stats
from fmnist.data.config import DataConfig
from fmnist.results.accuracy import Accuracy, Estimate, accuracy_of, samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.table import Table
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.metrics import ACCURACY
from fmnist.study.naming import words
from fmnist.study.published import PUBLISHED, Published
from fmnist.study.training import PRECISIONS
from fmnist.study.trial import Trial
from fmnist.tracking.runs import RunRecord

COLUMNS = (
    "family", "configuration", "metric", "published", "ours", "verdict", "difference", "n",
    "our_configuration",
)  # fmt: skip
# The study's splits are of the sizes of ours.
STUDY_DATA = DataConfig(digest="")
LEGEND = (
    "Metrics: last_* of the last epoch; best_*, train_* and test_* of the saved weights. Verdict: "
    "reproduced where the interval of the difference includes 0, both accuracies uncertain by "
    "their images, ours by its seeds where there are several; not comparable where our search "
    "chose another network."
)
OTHER = "not comparable"
# In place of n, where there is nothing to compare.
NOT_RUN, NOT_MEASURED = "not run", "not measured"
# Equal counts of images differ in the digits that the study printed.
EQUAL = 1e-6
# Numbers whose difference is drawn; training accuracies are in the table alone.
DRAWN = "val_|test_"


def published_table(families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]) -> Table:
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
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("published", "Published beside ours", frame, f"{LEGEND}{_sides(frame)}")


def compared(published: Table) -> Table:
    """The published numbers that we have a counterpart of."""
    return replace(published, frame=published.frame.dropna(subset=["ours"]))


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
    models = runs[0].metrics["models"] if of_ours.startswith("mean_") else len(runs)
    row: dict[str, object] = {"our_configuration": words(runs[0].trial), "n": f"{models:.0f}"}
    if metric.endswith(ACCURACY):
        return row | _judged(entry, metric, accuracy_of(of_ours, runs), runs[0])
    ours = fmean(run.metrics[of_ours] for run in runs)
    return row | {"ours": ours, "difference": ours - entry.metrics[metric]}


def _judged(entry: Published, metric: str, ours: Accuracy, run: RunRecord) -> dict[str, object]:
    """An accuracy of ours, and what its difference from the published one says."""
    printed = Accuracy.over_images(entry.metrics[metric], samples_of(metric, STUDY_DATA))
    difference = ours.minus(printed)
    same = words(run.trial) in _words(entry)
    verdict = stats.verdict(difference.low, difference.high) if same else OTHER
    return {"ours": ours, "difference": difference, "verdict": verdict}


def _sides(frame: pd.DataFrame) -> str:
    """On which side of the published accuracies ours are, in a sentence."""
    judged = frame[frame["verdict"] != OTHER]
    found = [difference.value for _, difference in differences(judged)]
    if not found:
        return ""
    below, above = sum(value < -EQUAL for value in found), sum(value > EQUAL for value in found)
    return (
        f" Of {len(found)} validation and test accuracies of the study's configurations {below} "
        f"are below the published ones and {above} above, by {fmean(found):.4f} on average."
    )


def differences(published: pd.DataFrame) -> list[Estimate]:
    """Ours minus published of the validation and test accuracies; named.

    Where our search chose another configuration, the name says which.
    """
    judged = published.dropna(subset=["verdict"])
    drawn = judged[judged["metric"].str.contains(DRAWN)]
    return [(_name(row), row["difference"]) for row in drawn.to_dict("records")]


def _name(row: Mapping[Hashable, Any]) -> str:
    short = row["metric"].replace(f"_{ACCURACY}", "").replace("_", " ")
    other = f" (ours {row['our_configuration']})" if row["verdict"] == OTHER else ""
    return f"{row['family']} {row['configuration']}{other}, {short}"
