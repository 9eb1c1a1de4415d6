"""Every published number beside ours, with what the difference between the two says; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import pandas as pd

from fmnist import stats
from fmnist.config import DataConfig, Trial
from fmnist.families import FAMILIES
from fmnist.family_runs import FamilyRuns
from fmnist.published import PUBLISHED, Published
from fmnist.records import RunRecord
from fmnist.tables import ACCURACY, interval_of, samples_of, words

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
    "combined by Newcombe's method); of a final it is of whatever configuration each search chose, "
    "ours or the study's; a published loss or count has no interval, and no verdict"
)
RULE = f"last_*: last epoch; best_*, train_*, test_*: restored weights; {VERDICT_RULE}"
# Equal counts of images differ in the digits that the study printed.
EQUAL = 1e-6
# Numbers whose difference is drawn; training accuracies are in the table alone.
DRAWN = "val_|test_"


def published_table(
    families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]
) -> pd.DataFrame:
    """Every published number that we have a counterpart of, with the difference and verdict."""
    ours: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    for family in families:
        for run in family.runs:
            ours[family.name, words(run.trial)].append(run)
    rows = []
    for entry in PUBLISHED:
        final = finals.get(entry.family)
        matching = [final] if final else ours.get((entry.family, _words(entry)), [])
        for metric in entry.metrics:
            if runs := [run for run in matching if metric in run.metrics]:
                rows.append(_row(entry, metric, runs))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _words(entry: Published) -> str:
    """The published configuration in words, which leave out what a preset changes."""
    return words(trial_of(entry)) if entry.family in FAMILIES else ""


def trial_of(entry: Published) -> Trial:
    """The trial of a published row of a family's grid; its data have no digest."""
    family = FAMILIES[entry.family]
    base = Trial(model=family.model, training=family.training, data=STUDY_DATA)
    return base.with_values(entry.point)


def _row(entry: Published, metric: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    mean = f"mean_{metric}"  # what a final of several replicates holds beside its best one's
    of_ours = mean if mean in runs[0].metrics else metric
    ours, printed = fmean(run.metrics[of_ours] for run in runs), entry.metrics[metric]
    low, high = interval_of(of_ours, runs)
    models = runs[0].metrics["models"] if of_ours.startswith("mean_") else len(runs)
    return {
        "family": entry.family,
        "configuration": " ".join(str(value) for value in entry.point.values()),
        "our_configuration": words(runs[0].trial),
        "metric": metric,
        "published": printed,
        "ours": ours,
        "low": low,
        "high": high,
        "n": f"{models:.0f}",
        "difference": ours - printed,
        **_verdict(metric, ours, (low, high), printed),
    }


def rule(published: pd.DataFrame) -> str:
    """What the published numbers beside ours mean, and on which side of them ours are."""
    found = [estimate[1] for estimate in differences(published)]
    if not found:
        return RULE
    below, above = sum(value < -EQUAL for value in found), sum(value > EQUAL for value in found)
    return (
        f"{RULE}. Of {len(found)} validation and test accuracies {below} are below the "
        f"published and {above} above, the others equal, by {fmean(found):.4f} on average; "
        "those of one split err alike"
    )


def differences(published: pd.DataFrame) -> list[stats.Estimate]:
    """Ours minus published with its interval, of the validation and test accuracies; named."""
    judged = published.dropna(subset=["verdict"])
    drawn = judged[judged["metric"].str.contains(DRAWN)]
    short = drawn["metric"].str.replace(f"_{ACCURACY}", "").str.replace("_", " ")
    names = drawn["family"] + " " + drawn["configuration"] + ", " + short
    columns = (drawn[name] for name in ("difference", "difference_low", "difference_high"))
    return list(zip(names, *columns, strict=True))


def _verdict(
    metric: str, ours: float, interval: stats.Interval, printed: float
) -> dict[str, object]:
    if not metric.endswith(ACCURACY):
        return {}
    of_printed = stats.accuracy_interval(printed, samples_of(metric, STUDY_DATA))
    low, high = stats.difference_interval(ours, interval, printed, of_printed)
    verdict = stats.verdict(low, high)
    return {"difference_low": low, "difference_high": high, "verdict": verdict}
