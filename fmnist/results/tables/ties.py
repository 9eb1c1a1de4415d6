"""Which trials tie with a family's winner, tested on the validation predictions that they saved."""

import zipfile

import numpy as np
import pandas as pd

from fmnist import stats
from fmnist.data import splits
from fmnist.results import selection
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.differences import Right
from fmnist.results.tables.family import TOP
from fmnist.tracking import artifacts
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import AWAY, Store

WINNER, TIED, BEHIND, AHEAD = "winner", "tied", "behind", "ahead"
COLUMNS = ("against_winner", "p_value")
RULE = (
    "against winner: McNemar's exact test of the restored weights on the same validation images, "
    f"at 5%, unadjusted, for the first {TOP}; it is of two trainings: another seed of the same "
    "configuration can be behind"
)
UNREADABLE = (*AWAY, ValueError, KeyError, zipfile.BadZipFile)


def mark(table: pd.DataFrame, family: FamilyRuns, store: Store) -> pd.DataFrame:
    """A family's grid table with what its first rows are against the family's winner.

    Only those rows' predictions are fetched: a family may have thousands of trials.
    """
    if table.empty:
        return table
    runs = {run.run_id: run for run in family.runs}
    winner = selection.candidates(family.runs)[0].best
    shown = [winner, *(runs[run_id] for run_id in table["run_id"].head(TOP))]
    comparable = [run for run in shown if run.trial.data == winner.trial.data]
    found = artifacts.read_all(right_answers, comparable, store)
    right = {run.run_id: one for run, one in zip(comparable, found, strict=True)}
    tests = {run_id: _test(right[run_id], right[winner.run_id]) for run_id in right}
    tests[winner.run_id] = (WINNER, None)
    rows = [tests.get(run_id, (None, None)) for run_id in table["run_id"]]
    marks = pd.DataFrame(rows, table.index, COLUMNS)
    position = table.columns.get_loc("parameters")
    return pd.concat([table.iloc[:, :position], marks, table.iloc[:, position:]], axis="columns")


def right_answers(run: RunRecord, store: Store) -> Right:
    """Which validation images a trial has right; None where its predictions are not to be had."""
    try:
        predicted = artifacts.validation_classes(run, store)
        return np.asarray(predicted == splits.validation_labels(run.trial.data))
    except UNREADABLE:
        return None


def _test(right: Right, winners: Right) -> tuple[str | None, float | None]:
    if right is None or winners is None:
        return None, None
    test = stats.paired_test(right, winners)
    if test.tied:
        return TIED, test.p_value
    return AHEAD if test.only_first > test.only_second else BEHIND, test.p_value
