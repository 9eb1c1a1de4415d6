"""Every published accuracy beside ours; a verdict where the two differ only in their seeds; pure.

A published accuracy is of one training. Where ours have the same split and settings, the verdict is
whether it lies in the 95% prediction interval of one further training of ours.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import pandas as pd

from fmnist import stats
from fmnist.results.accuracy import Accuracy, Estimate, accuracy_of
from fmnist.results.counterparts import Counterpart, deviations, is_alike
from fmnist.results.tables.table import Table
from fmnist.stats import Deviation
from fmnist.study.metrics import ACCURACY, TEST
from fmnist.study.naming import words
from fmnist.tracking.runs import RunRecord

COLUMNS = (
    "family", "configuration", "metric", "what", "published", "ours", "n", "difference", "z",
    "seed_deviation", "freedom", "verdict", "our_configuration",
)  # fmt: skip
WITH_VERDICTS = ("what", "published", "ours", "n", "verdict")
DIFFERENCES = ("what", "published", "ours", "n", "difference")
VALIDATION = "validation"
# Of which images an accuracy is, by a part of its metric's name.
PARTS = {"val_": VALIDATION, "test_": "test"}
INSIDE, OUTSIDE, TOO_FEW = "inside", "outside", "too few seeds"
WEIGHTS = "Last: with the weights of the last epoch; best and test: with the saved weights."
LEGEND_OF_VERDICTS = (
    "Ours: the mean of n trainings with the published one's split and settings, with the "
    "95% prediction interval of one further training, from the standard deviation over seeds, "
    "pooled over the family. Inside: the published value lies in that interval. The images are the "
    "same, so the interval leaves their variance out."
)
OTHER_LEGEND = "Ours: means over n trainings."
# Learning rates and counts of theirs are compared elsewhere, or are no result.
NOT_COMPARED = ("parameters", "train_seconds")
# Equal counts of images differ in the digits that the study printed.
EQUAL = 1e-6


def published_table(pairs: Sequence[Counterpart], without_verdict: str) -> Table:
    """Every published accuracy of images that were not trained on, beside ours.

    `without_verdict` says why there is none; empty if our trainings differ from the published ones
    in their seeds alone.
    """
    row_of = _compared if without_verdict else _judged
    printed = [(pair, name) for pair in pairs for name in pair.entry.metrics if _is_accuracy(name)]
    of_seeds = {name: deviations(pairs, name) for _, name in printed}
    rows = [row_of(pair, name, of_seeds[name].get(pair.family)) for pair, name in printed]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    title, legend, columns = "Published beside ours", LEGEND_OF_VERDICTS, WITH_VERDICTS
    if without_verdict:
        why = f"There is no verdict, since {without_verdict}."
        legend, columns = f"{WEIGHTS} {why}{_sides(frame)}", DIFFERENCES
    return Table("published", title, frame, legend, columns)


def other_table(pairs: Sequence[Counterpart], but: Sequence[str] = ()) -> Table:
    """What else the study printed, beside ours, but for some metrics: differences alone."""
    left_out = (*NOT_COMPARED, *but)
    rows = [
        _beside(pair, metric)
        for pair in pairs
        for metric in pair.entry.metrics
        if not _is_accuracy(metric) and metric not in left_out
    ]
    columns = [*COLUMNS[: COLUMNS.index("difference") + 1], "our_configuration"]
    frame = pd.DataFrame(rows, columns=columns)
    title = "Other published numbers beside ours"
    return Table("published_other", title, frame, OTHER_LEGEND, DIFFERENCES)


def compared(published: Table) -> Table:
    """The published numbers that we have a counterpart of."""
    return replace(published, frame=published.frame.dropna(subset=["ours"]))


def accuracies(published: pd.DataFrame, part: str) -> pd.DataFrame:
    """The rows of validation accuracies, or of test accuracies: a key of `PARTS`."""
    return published[published["metric"].str.contains(part)]


def _is_accuracy(metric: str) -> bool:
    return metric.endswith(ACCURACY) and any(part in metric for part in PARTS)


def _row(pair: Counterpart, metric: str) -> dict[str, Any]:
    """What is published, and why nothing stands beside it if nothing does."""
    runs = pair.having(metric)
    other = f" (ours: {words(runs[0].trial)})" if runs and _is_of_another(pair) else ""
    return {
        "family": pair.entry.family,
        "configuration": words(pair.trial),
        "metric": metric,
        "what": f"{pair.title}{other}, {_in_words(metric)}",
        "published": pair.entry.metrics[metric],
        "n": str(_models(metric, runs)) if runs else pair.lacking(),
        "our_configuration": words(runs[0].trial) if runs else None,
    }


def _is_of_another(pair: Counterpart) -> bool:
    """Whether ours is a final that chose another configuration than the study."""
    return not is_alike(pair.runs[0].trial, pair.trial)


def _apart(pair: Counterpart, metric: str, ours: float) -> float | None:
    """Ours minus published, if both are of one configuration."""
    return None if _is_of_another(pair) else ours - pair.entry.metrics[metric]


def _in_words(metric: str) -> str:
    """A metric for people: "last validation", "test loss"; what is not said is an accuracy."""
    name = metric.removesuffix(f"_{ACCURACY}").replace("val", "validation").replace("_", " ")
    return f"{name} training" if name == "last" else name


def _models(metric: str, runs: Sequence[RunRecord]) -> int:
    """How many trainings our number averages: a run's metric may already be a mean."""
    return len(runs) if _name(metric, runs) == metric else int(runs[0].metrics["models"])


def _name(metric: str, runs: Sequence[RunRecord]) -> str:
    """What a final of several replicates holds beside its best one's."""
    return f"mean_{metric}" if f"mean_{metric}" in runs[0].metrics else metric


def _beside(pair: Counterpart, metric: str) -> dict[str, Any]:
    row, runs = _row(pair, metric), pair.having(metric)
    if not runs:
        return row
    ours = fmean(run.metrics[_name(metric, runs)] for run in runs)
    return row | {"ours": ours, "difference": _apart(pair, metric, ours)}


def _compared(pair: Counterpart, metric: str, deviation: Deviation | None) -> dict[str, Any]:
    """A difference, from other images and other seeds."""
    row, runs = _row(pair, metric), pair.having(metric)
    if not runs:
        return row
    ours = accuracy_of(_name(metric, runs), runs, deviation)
    return row | {"ours": ours, "difference": _apart(pair, metric, ours.value)}


def _judged(pair: Counterpart, metric: str, deviation: Deviation | None) -> dict[str, Any]:
    """A difference from other seeds alone, and what that says."""
    row = _beside(pair, metric)
    if "ours" not in row:
        return row | {"verdict": row["n"]}
    values = [run.metrics[metric] for run in pair.having(metric)]
    if deviation:
        row |= {"seed_deviation": deviation.value, "freedom": deviation.freedom}
    found = stats.judge(row["published"], values, deviation)
    if found is None:
        return row | {"verdict": TOO_FEW}
    ours = Accuracy(row["ours"], found.low, found.high, "one further training")
    return row | {"ours": ours, "z": found.z, "verdict": INSIDE if found.inside else OUTSIDE}


def _sides(frame: pd.DataFrame) -> str:
    """On which side of the published accuracies ours are, in a sentence."""
    found = frame["difference"].dropna()
    if found.empty:
        return ""
    below, above = int((found < -EQUAL).sum()), int((found > EQUAL).sum())
    return (
        f" For the study's own configurations, {below} of {len(found)} accuracies are below the "
        f"published ones and {above} above; the mean difference is {found.mean():+.4f}."
    )


def differences(published: pd.DataFrame) -> list[Estimate]:
    """Ours minus published, each with the interval of ours; named."""
    rows = published[[isinstance(ours, Accuracy) for ours in published["ours"]]]
    return [_difference(row) for row in rows.to_dict("records")]


def _difference(row: Mapping[Hashable, Any]) -> Estimate:
    ours, printed = row["ours"], row["published"]
    return row["what"], Accuracy(
        ours.value - printed, ours.low - printed, ours.high - printed, ours.n
    )


def of_test(published: pd.DataFrame, configuration: str) -> str | None:
    """The verdict on the test accuracy of one of our configurations; None where there is none."""
    rows = published[published["our_configuration"] == configuration]
    found = rows[rows["metric"] == TEST]["verdict"].dropna()
    return None if found.empty else str(found.iloc[-1])


@dataclass(frozen=True)
class Verdicts:
    """How many published accuracies are inside, of how many that have a verdict."""

    inside: int
    judged: int

    def __str__(self) -> str:
        return f"{self.inside} of {self.judged}"


def verdicts(published: pd.DataFrame) -> Verdicts:
    """The verdicts of rows of the table of published accuracies, counted."""
    inside = int((published["verdict"] == INSIDE).sum())
    return Verdicts(inside, inside + int((published["verdict"] == OUTSIDE).sum()))


def judged(published: pd.DataFrame) -> list[str]:
    """How many validation and test accuracies are inside, in words, where there are verdicts."""
    counts = {name: verdicts(accuracies(published, part)) for part, name in PARTS.items()}
    return [f"{count} {name} accuracies" for name, count in counts.items() if count.judged]
