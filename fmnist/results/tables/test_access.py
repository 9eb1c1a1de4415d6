"""Who read the test set: which entry, when, for which configuration, and how often; pure."""

from collections.abc import Iterable

import pandas as pd

from fmnist.results.tables.table import Table
from fmnist.study.metrics import TEST
from fmnist.study.naming import words
from fmnist.tracking.runs import WORDS, RunRecord

COLUMNS = ("entry", "configuration", "readings", "first", "last", "preset")
LEGEND = (
    "Readings: how many trained models an entry scored on the test set, in the whole store. What "
    "the gate or a replay scores again is not counted; a final's models are, even if the search "
    "scored them before. First and last: UTC, empty where the records have no time."
)


def reads_test(run: RunRecord) -> bool:
    """Whether a run scored its models on the test images."""
    return TEST in run.metrics


def access_table(runs: Iterable[RunRecord]) -> Table:
    """A row for each entry, preset and configuration, of the runs that scored on test images."""
    rows = [
        {
            "entry": run.family,
            "configuration": run.tags.get(WORDS) or words(run.trial),
            "readings": int(run.metrics.get("models", 1)),
            "at": run.tested_at or None,
            "preset": run.preset,
        }
        for run in runs
        if reads_test(run)
    ]
    found = pd.DataFrame(rows, columns=["entry", "configuration", "readings", "at", "preset"])
    groups = found.groupby(["preset", "entry", "configuration"], as_index=False)
    frame = groups.agg(readings=("readings", "sum"), first=("at", "min"), last=("at", "max"))
    for name in ("first", "last"):
        moments = pd.to_datetime(frame[name], unit="ms")
        frame[name] = moments.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    title = "Who read the test set"
    return Table("test_access", title, frame[list(COLUMNS)], LEGEND, COLUMNS[:5])
