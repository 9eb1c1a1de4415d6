"""The summary: a row for each family's best configuration, and one for each final."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from fmnist.data import fashion_mnist
from fmnist.results import selection
from fmnist.results.accuracy import Estimate, accuracy_columns
from fmnist.results.counterparts import printed
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.labels import plain
from fmnist.results.selection import Candidate
from fmnist.results.tables.table import Table
from fmnist.stats import Deviation
from fmnist.study.families import FINALS, Final
from fmnist.study.metrics import CRITERION, LAST_VALIDATION, TEST
from fmnist.study.naming import words
from fmnist.study.published import Published
from fmnist.tracking.runs import WORDS, RunRecord

SUMMARY_COLUMNS = (
    "family", "configurations", "done", "best", "parameters",
    "val_accuracy", "val_n", "chosen_at", "later_seeds", "selection_bias", "published_val",
    "test_accuracy", "test_n", "published_test", "what",
)  # fmt: skip
TITLE = "The best of each family, and the finals"
FOR_PEOPLE = ("what", "val_accuracy", "published_val", "test_accuracy", "published_test")
LEGEND = (
    "Best = highest mean validation accuracy of the saved weights, using the same number of seeds "
    "for every configuration. Selection bias: its accuracy when it was chosen, minus the mean of "
    "the seeds trained afterwards."
)
PUBLISHED = " Published: the study's best configuration."

PUBLISHED_COLUMNS = {
    "published_val": (LAST_VALIDATION, CRITERION),
    "published_test": (TEST,),
}


def summary_table(
    families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord], preset: str
) -> Table:
    """A row for each family: its best configuration, and a row for each final.

    Where nothing is published beside them, it has no columns for that.
    """
    rows = [_summary_row(family) for family in families if family.runs]
    rows += [_final_row(name, run) for name, run in finals.items()]
    for row in rows:
        row |= {"what": f"{row['family']}: {row['best']}", **_published(row["family"], preset)}
    frame = pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
    if printed(preset):
        return Table("summary", TITLE, frame, LEGEND + PUBLISHED, FOR_PEOPLE)
    title = f"{TITLE}, on {fashion_mnist.identity().title}"
    return Table("summary", title, frame.drop(columns=[*PUBLISHED_COLUMNS]), LEGEND, FOR_PEOPLE)


def estimates(summary: Table) -> dict[str, Estimate]:
    """Of each family in the summary its best; the label says where not all of it is done."""
    searched = summary.frame.dropna(subset=["configurations"])
    return {row["family"]: (label(row), row["val_accuracy"]) for row in searched.to_dict("records")}


def label(row: Mapping[Hashable, Any]) -> str:
    """A configuration in words: "4 of 9 done" where others may be better."""
    done, expected = int(row["done"]), int(row["configurations"])
    return plain(row["best"]) + (f" ({done} of {expected} done)" if done < expected else "")


def row_of(summary: Table, family: str) -> dict[str, Any]:
    """The row of a family or a final that the summary has."""
    (row,) = summary.frame[summary.frame["family"] == family].to_dict("records")
    return {str(name): value for name, value in row.items()}


def _summary_row(family: FamilyRuns) -> dict[str, Any]:
    winner = selection.candidates(family.runs)[0]
    runs, best = winner.replicates, winner.best
    return {
        "family": family.name,
        "configurations": family.expected,
        "done": family.done,
        "best": words(best.trial),
        "parameters": int(best.metrics["parameters"]),
        **accuracy_columns("val", CRITERION, runs, winner.deviation),
        **_bias(winner),
        **accuracy_columns("test", TEST, runs, _deviation(family, TEST)),
    }


def _bias(winner: Candidate) -> dict[str, float]:
    """What the winner was chosen at, beside what its later seeds reached; nothing without any."""
    if winner.afterwards is None:
        return {}
    bias = winner.chosen_at - winner.afterwards
    known = {"chosen_at": winner.chosen_at, "later_seeds": winner.afterwards}
    return known | {"selection_bias": bias}


def _deviation(family: FamilyRuns, metric: str) -> Deviation | None:
    groups, _ = selection.by_configuration(family.runs)
    return selection.seed_deviation(groups, metric)


def _final_row(name: str, run: RunRecord) -> dict[str, Any]:
    """A final, or the cross-validation: one model on the test images, or a mean over several."""
    mean = "mean_" if run.metrics["models"] > 1 else ""
    return {
        "family": name,
        "best": run.tags.get(WORDS, ""),
        "parameters": int(run.metrics["parameters"]),
        **accuracy_columns("val", mean + CRITERION, [run]),
        **accuracy_columns("test", mean + TEST, [run]),
    }


def _published(name: str, preset: str) -> dict[str, float | None]:
    """What the study printed of the best configuration of a family, or of a final."""
    entries = [entry for entry in printed(preset) if entry.family == name]
    if not entries and name in FINALS:  # of the author's that is a training of its family
        final = FINALS[name]
        entries = [entry for entry in printed(preset) if _is_of(entry, final, preset)]
    return _accuracies(max(entries, key=_rank)) if entries else {}


def _rank(entry: Published) -> tuple[float, float]:
    """The study's own order: the highest validation accuracy; on a tie, fewer parameters."""
    validation = _accuracies(entry)["published_val"] or 0.0
    return validation, -entry.metrics.get("parameters", 0.0)


def _is_of(entry: Published, final: Final, preset: str) -> bool:
    return entry.family == final.study_family and (
        final.point(preset).items() <= entry.point.items()
    )


def _accuracies(entry: Published) -> dict[str, float | None]:
    return {
        column: next((entry.metrics[name] for name in names if name in entry.metrics), None)
        for column, names in PUBLISHED_COLUMNS.items()
    }
