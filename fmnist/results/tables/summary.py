"""The summary: a row for each family's best configuration, and one for each final."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from fmnist.results import selection
from fmnist.results.accuracy import Estimate, accuracy_columns
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.labels import plain
from fmnist.results.selection import Candidate
from fmnist.results.tables.table import Table
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.naming import words
from fmnist.study.published import PUBLISHED
from fmnist.tracking.runs import WORDS, RunRecord

SUMMARY_COLUMNS = (
    "family", "configurations", "done", "best", "parameters",
    "val_accuracy", "val_n", "chosen_at", "later_seeds", "published_val",
    "test_accuracy", "test_n", "published_test",
)  # fmt: skip
LEGEND = (
    "Best: the configuration of the highest mean validation accuracy, over the same number of "
    "seeds for each; accuracies are of the saved (early-stopped) weights. Later seeds: the mean of "
    "those trained after the choice; what it is below the accuracy chosen at is selection bias. "
    "Published val: the study's best, in its search tables of the last epoch; the study does not "
    "say whether its k-fold mean is on the held-out folds or on the test set."
)

PUBLISHED_COLUMNS = {
    "published_val": (f"last_val_{ACCURACY}", f"best_val_{ACCURACY}"),
    "published_test": (f"test_{ACCURACY}", f"mean_test_{ACCURACY}"),
}


def summary_table(families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]) -> Table:
    """A row for each family: its best configuration, and a row for each final."""
    rows = [_summary_row(family) for family in families if family.runs]
    rows += [_final_row(name, run) for name, run in finals.items()]
    frame = pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
    return Table("summary", "The best of each family, and the finals", frame, LEGEND)


def estimates(summary: Table) -> dict[str, Estimate]:
    """Of each family in the summary its best; the label says where not all of it is done."""
    searched = summary.frame.dropna(subset=["configurations"])
    return {
        row["family"]: (_label(row), row["val_accuracy"]) for row in searched.to_dict("records")
    }


def _label(row: Mapping[Hashable, Any]) -> str:
    """A configuration in words: "4 of 9 done" where others may be better."""
    done, expected = int(row["done"]), int(row["configurations"])
    return plain(row["best"]) + (f" ({done} of {expected} done)" if done < expected else "")


def row_of(summary: Table, family: str) -> dict[str, Any]:
    """The row of a family or a final that the summary has."""
    (row,) = summary.frame[summary.frame["family"] == family].to_dict("records")
    return {str(name): value for name, value in row.items()}


def _summary_row(family: FamilyRuns) -> dict[str, object]:
    winner = selection.candidates(family.runs)[0]
    runs, best = winner.replicates, winner.best
    return {
        "family": family.name,
        "configurations": family.expected,
        "done": family.done,
        "best": words(best.trial),
        "parameters": int(best.metrics["parameters"]),
        **accuracy_columns("val", CRITERION, runs),
        **_bias(winner),
        **accuracy_columns("test", f"test_{ACCURACY}", runs),
        **_published(family.name),
    }


def _bias(winner: Candidate) -> dict[str, object]:
    """What the winner was chosen at, beside what its later seeds reached; nothing without any."""
    if winner.afterwards is None:
        return {}
    return {"chosen_at": winner.chosen_at, "later_seeds": winner.afterwards}


def _final_row(name: str, run: RunRecord) -> dict[str, object]:
    """A final, or the cross-validation: one model on the test images, or a mean over several."""
    mean = "mean_" if run.metrics["models"] > 1 else ""
    return {
        "family": name,
        "best": run.tags.get(WORDS, ""),
        "parameters": int(run.metrics["parameters"]),
        **accuracy_columns("val", mean + CRITERION, [run]),
        **accuracy_columns("test", f"{mean}test_{ACCURACY}", [run]),
        **_published(name),
    }


def _published(family: str) -> dict[str, float | None]:
    """The study's best validation and test accuracies of a family or a final, as far as printed."""
    printed = [entry.metrics for entry in PUBLISHED if entry.family == family]
    return {
        column: max((of[name] for of in printed for name in names if name in of), default=None)
        for column, names in PUBLISHED_COLUMNS.items()
    }
