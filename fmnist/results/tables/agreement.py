"""How well each family agrees with the accuracies that its author printed; pure."""

from math import sqrt
from statistics import fmean

import pandas as pd

from fmnist import stats
from fmnist.results.accuracy import Accuracy
from fmnist.results.counterparts import OTHER_SPLIT
from fmnist.results.tables.published import PARTS, VALIDATION, accuracies, verdicts
from fmnist.results.tables.table import Table
from fmnist.stats import SIGNIFICANCE

COLUMNS = (
    "family", "accuracy", "inside", "mean_difference", "differs", "rows", "judged", "p_value",
)  # fmt: skip
DIFFERENCES = ("family", "accuracy", "mean_difference", "rows")
NO_VERDICTS = (
    "Mean difference: ours minus published, paired over the family's rows. On another split the "
    "validation accuracies of all rows share the error of two samples of images, which their "
    "spread does not show; their interval is that of one row, for both samples."
)
LEGEND = (
    "Inside: how many of the published values with a verdict lie in the 95% prediction interval of "
    "one further training of ours. Mean difference: ours minus published, paired over the family's "
    "rows. Differs: whether it is significantly different from 0 at 5%, with p values adjusted "
    "over the families by Holm's method."
)
ALL = "all"


def agreement_table(published: Table, without_verdict: str) -> Table:
    """A line for each family of the published table, and one for all, for either accuracy.

    `without_verdict` is why ours are not judged, see `Comparison`.
    """
    rows = []
    for part, name in PARTS.items():
        frame = accuracies(published.frame, part).dropna(subset=["difference"])
        rows += _rows(frame, name, is_on_other_images(part, without_verdict))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    with_verdicts = bool(table["judged"].sum())
    legend, columns = (LEGEND, COLUMNS[:5]) if with_verdicts else (NO_VERDICTS, DIFFERENCES)
    return Table("agreement", "How the families agree", table, legend, columns)


def is_on_other_images(part: str, without_verdict: str) -> bool:
    """Whether a part's accuracies are of other images than the published ones."""
    return PARTS[part] == VALIDATION and without_verdict == OTHER_SPLIT


def mean_difference(rows: pd.DataFrame, on_other_images: bool) -> Accuracy | None:
    """Ours minus published on average over rows, with its interval; None if that is not known.

    On the same images the spread between rows tells it (Student's t). Other images are easier or
    harder for all rows alike: the interval is that of a single accuracy of ours, on average, times
    √2 for the published accuracy's error. As if rows shared all of it, so it is wide.
    """
    differences, n = rows["difference"].tolist(), f"{len(rows)} rows"
    if not on_other_images:
        found = stats.paired_difference(differences)
        return Accuracy(found.value, found.low, found.high, n) if found else None
    if not differences:
        return None
    mean = fmean(differences)
    half = sqrt(2) * fmean((ours.high - ours.low) / 2 for ours in rows["ours"])
    return Accuracy(mean, mean - half, mean + half, n)


def _rows(frame: pd.DataFrame, accuracy: str, on_other_images: bool) -> list[dict[str, object]]:
    groups = [(str(name), group) for name, group in frame.groupby("family", sort=False)]
    rows = [_row(name, group, accuracy, on_other_images) for name, group in groups]
    found = [stats.paired_difference(list(group["difference"])) for _, group in groups]
    known = [one.p_value if one and not on_other_images else None for one in found]
    for row, p_value in zip(rows, stats.holm(known), strict=True):
        if p_value is not None:
            answer = "yes" if p_value < SIGNIFICANCE else "no"
            row |= {"differs": f"{answer} (p = {p_value:.2g})", "p_value": p_value}
    if groups:
        rows.append(_row(ALL, frame, accuracy, on_other_images))
    return rows


def _row(
    family: str, rows: pd.DataFrame, accuracy: str, on_other_images: bool
) -> dict[str, object]:
    counts = verdicts(rows)
    return {
        "family": family,
        "accuracy": accuracy,
        "inside": str(counts) if counts.judged else "",
        "mean_difference": mean_difference(rows, on_other_images) or rows["difference"].mean(),
        "rows": len(rows),
        "judged": counts.judged,
    }
