"""How well each family agrees with the accuracies that its author printed; pure."""

import pandas as pd

from fmnist import stats
from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.published import ACCURACIES, verdicts
from fmnist.results.tables.table import Table
from fmnist.stats import SIGNIFICANCE, PairedDifference

COLUMNS = (
    "family", "accuracy", "inside", "mean_difference", "differs", "rows", "judged", "p_value",
)  # fmt: skip
DIFFERENCES = ("family", "accuracy", "mean_difference", "rows")
NO_VERDICTS = "Mean difference: ours minus published, paired over the family's rows."
LEGEND = (
    "Inside: how many of the published values with a verdict lie in the 95% prediction interval of "
    "one further training of ours. Mean difference: ours minus published, paired over the family's "
    "rows. Differs: whether it is significantly different from 0 at 5%, with p values adjusted "
    "over the families by Holm's method."
)
ALL = "all"


def agreement_table(published: Table) -> Table:
    """A line for each family of the published table, and one for all, for either accuracy."""
    rows = []
    for metric, name in ACCURACIES.items():
        frame = published.frame[published.frame["metric"] == metric].dropna(subset=["difference"])
        rows += _rows(frame, name)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    with_verdicts = bool(table["judged"].sum())
    legend, columns = (LEGEND, COLUMNS[:5]) if with_verdicts else (NO_VERDICTS, DIFFERENCES)
    return Table("agreement", "How the families agree", table, legend, columns)


def _rows(frame: pd.DataFrame, accuracy: str) -> list[dict[str, object]]:
    groups = [(str(name), group) for name, group in frame.groupby("family", sort=False)]
    found = [stats.paired_difference(list(group["difference"])) for _, group in groups]
    adjusted = stats.holm([one.p_value if one else None for one in found])
    rows = [_row(name, of, accuracy, one) for (name, of), one in zip(groups, found, strict=True)]
    for row, p_value in zip(rows, adjusted, strict=True):
        if p_value is not None:
            answer = "yes" if p_value < SIGNIFICANCE else "no"
            row |= {"differs": f"{answer} (p = {p_value:.2g})", "p_value": p_value}
    if groups:
        rows.append(_row(ALL, frame, accuracy, stats.paired_difference(list(frame["difference"]))))
    return rows


def _row(
    family: str, rows: pd.DataFrame, accuracy: str, found: PairedDifference | None
) -> dict[str, object]:
    counts = verdicts(rows)
    mean: object = rows["difference"].iloc[0]  # of one row that is all
    if found:
        mean = Accuracy(found.value, found.low, found.high, f"{len(rows)} rows")
    return {
        "family": family,
        "accuracy": accuracy,
        "inside": str(counts) if counts.judged else "",
        "mean_difference": mean,
        "rows": len(rows),
        "judged": counts.judged,
    }
