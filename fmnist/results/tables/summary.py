"""The summary: a row for each family's best configuration, and one for each final."""

from collections.abc import Iterable, Mapping

import pandas as pd

from fmnist import stats
from fmnist.results import selection
from fmnist.results.accuracy import accuracy_columns
from fmnist.results.family_trials import FamilyRuns
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.naming import words
from fmnist.study.published import PUBLISHED
from fmnist.tracking.runs import WORDS, RunRecord

SUMMARY_COLUMNS = (
    "family", "configurations", "done", "best", "parameters",
    "val_accuracy", "val_low", "val_high", "val_n", "published_val",
    "test_accuracy", "test_low", "test_high", "test_n", "published_test",
)  # fmt: skip

PUBLISHED_COLUMNS = {
    "published_val": (f"last_val_{ACCURACY}", f"best_val_{ACCURACY}"),
    "published_test": (f"test_{ACCURACY}", f"mean_test_{ACCURACY}"),
}


def summary_table(families: Iterable[FamilyRuns], finals: Mapping[str, RunRecord]) -> pd.DataFrame:
    """A row for each family: its best configuration, and a row for each final."""
    rows = [_summary_row(family) for family in families if family.runs]
    rows += [_final_row(name, run) for name, run in finals.items()]
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def estimates(summary: pd.DataFrame) -> list[stats.Estimate]:
    """Of each family in the summary its best; the name says where not all of it is done."""
    columns = ["family", "configurations", "done", "val_accuracy", "val_low", "val_high"]
    searched = summary.dropna(subset=["configurations"])[columns]
    return [
        (name if done == expected else f"{name}, {done:.0f} of {expected:.0f}", *measured)
        for name, expected, done, *measured in searched.itertuples(index=False, name=None)
    ]


def _summary_row(family: FamilyRuns) -> dict[str, object]:
    ranked = selection.candidates(family.runs)
    runs, best = ranked[0].replicates, ranked[0].best
    return {
        "family": family.name,
        "configurations": family.expected,
        "done": family.done,
        "best": words(best.trial),
        "parameters": int(best.metrics["parameters"]),
        **accuracy_columns("val", CRITERION, runs),
        **accuracy_columns("test", f"test_{ACCURACY}", runs),
        **_published(family.name),
    }


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
