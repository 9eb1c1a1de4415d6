"""Tables of at most five columns, for a folder of results; the complete ones are in MLflow."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any

import pandas as pd

from fmnist.results import selection
from fmnist.results.accuracy import Accuracy, accuracy_of
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.selection import Candidate
from fmnist.results.tables import published
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.naming import words

COLUMNS = 5
# Columns that say nothing where all rows have the same.
UNLESS_EQUAL = ("on", "seeds")
# By table, its columns in the order of their weight: shown are the first that hold anything.
WEIGHTS = {
    "findings": ("question", "claim", "difference", "n", "verdict"),
    "peers": ("model", "test_accuracy", "parameters", "minutes", "source"),
    "published": ("training", "metric", "published", "ours", "verdict", "difference"),
    "completeness": ("family", "expected", "done", "hours_missing", "to_complete_it"),
    "cost": ("family", "on", "trials", "hours", "peer_hours"),
    "provenance": ("what", "value", "trials"),
}
SUMMARY = ("family", "best_configuration", "ours", "published", "verdict")
SUMMARY_LEGEND = (
    "Best = highest mean validation accuracy, using the same number of seeds for every "
    "configuration. Searches show validation accuracy, finals and the cross-validation test "
    "accuracy; published is the study's best. Verdict: over all accuracies that the study printed "
    "of the family's configurations."
)
FAMILY_LEGEND = (
    "Val accuracy is of the saved weights, with its interval over the seeds where there are "
    "several, else over the images; it ranks the configurations, over the same number of seeds for "
    "each. Last val accuracy and epochs are means over the seeds."
)


def tables(compared: Comparison) -> list[Table]:
    """The tables of a comparison, the summary first; some may have no rows."""
    complete = compared.tables
    whole = [complete[name] for name in WEIGHTS]
    return [
        summary(complete["summary"], complete["published"]),
        *(shorten(_prepared(table)) for table in whole),
        *(of_family(family) for family in compared.recorded.families),
    ]


def summary(complete: Table, printed: Table) -> Table:
    """A row for each family's best configuration and for each final, beside the study's best."""
    rows = [_summary_row(row, printed.frame) for row in complete.frame.to_dict("records")]
    frame = pd.DataFrame(rows, columns=list(SUMMARY))
    return Table("summary", complete.title, frame, SUMMARY_LEGEND)


def _summary_row(row: Mapping[Hashable, Any], printed: pd.DataFrame) -> dict[str, object]:
    """A search has configurations; what has none was chosen before, and is tested."""
    part = "val" if row["configurations"] == row["configurations"] else "test"
    of_family = printed[printed["family"] == row["family"]]
    return {
        "family": row["family"],
        "best_configuration": row["best"],
        "ours": row[f"{part}_accuracy"],
        "published": row[f"published_{part}"],
        "verdict": verdict(of_family),
    }


def verdict(printed: pd.DataFrame) -> str:
    """What there is to say of a family's printed accuracies; without verdicts, the difference."""
    judged = printed[printed["metric"].str.contains(published.DRAWN)]
    counts = judged["verdict"].dropna().value_counts()
    if len(counts):
        number = counts.sum()
        return ", ".join(
            f"{name}" if number == 1 else f"{count} of {number} {name}"
            for name, count in counts.items()
        )
    differences = [one.value for one in judged["difference"] if isinstance(one, Accuracy)]
    return f"{fmean(differences):+.4f} on average" if differences else ""


def shorten(table: Table) -> Table:
    """Of a table's columns the five of most weight."""
    frame = _varied(table.frame.dropna(axis="columns", how="all"))
    names = [name for name in WEIGHTS[table.name] if name in frame]
    return table.only(names[:COLUMNS])


def _varied(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(
        columns=[name for name in UNLESS_EQUAL if name in frame and frame[name].nunique() < 2]
    )


def _prepared(table: Table) -> Table:
    """The table with the rows that matter, and with what two of its columns say in one."""
    frame = table.frame
    if table.name == "published":
        frame = frame[frame["metric"].str.contains(published.DRAWN)]
        frame = frame.assign(
            training=frame["family"] + " " + frame["configuration"],
            ours=frame["ours"].where(frame["ours"].notna(), frame["n"]),
        )
    elif table.name == "peers":
        measured = frame["minutes"].notna()
        minutes = frame["minutes"].map(str) + ", " + frame["on"].map(str)
        frame = frame.assign(minutes=minutes.where(measured))
    elif table.name == "completeness":
        frame = frame[frame["done"] < frame["expected"]]
    return replace(table, frame=frame)


def of_family(family: FamilyRuns) -> Table:
    """A row for each configuration of a family, the best first."""
    rows = [_configuration_row(one) for one in selection.candidates(family.runs)]
    title = f"{family.name}: {families.get(family.name).question}"
    return Table(family.name, title, _varied(pd.DataFrame(rows)), FAMILY_LEGEND)


def _configuration_row(candidate: Candidate) -> dict[str, object]:
    runs = candidate.replicates
    return {
        "configuration": words(candidate.best.trial),
        "seeds": len(runs),
        "val_accuracy": accuracy_of(CRITERION, runs),
        "last_val_accuracy": fmean(run.metrics[f"last_val_{ACCURACY}"] for run in runs),
        "epochs": round(fmean(run.metrics["epochs_run"] for run in runs)),
    }
