"""The finals and the cross-validation as sections of a report."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import CLASS_NAMES, identity
from fmnist.report import charts, intervals
from fmnist.report.parts import Chart, Commands, Part, Picture, Rows, Section
from fmnist.results import colors
from fmnist.results.accuracy import Accuracy, Estimate, accuracy_of
from fmnist.results.colors import NEUTRAL
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import folds_of
from fmnist.results.labels import plain
from fmnist.results.tables.summary import row_of
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL
from fmnist.study import families
from fmnist.study.families import KFOLD, STUDY_FINALS
from fmnist.study.metrics import CRITERION, TEST
from fmnist.study.naming import words
from fmnist.study.options import Scale
from fmnist.tracking.failures import AWAY
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store

TITLES = {
    "mlp_final": "The MLP", "cnn_final": "The CNN", "champion_final": "The champion",
    "small_final": "The small network", KFOLD: "The five folds",
}  # fmt: skip
# The true classes in rows, the predicted ones in columns.
Matrix = NDArray[np.int64]
MATRIX, MISTAKES = "confusion_matrix.csv", "mistakes.png"


def finals_section(compared: Comparison, options: Scale, store: Store) -> Section:
    """The finals, side by side and each with its confusions and mistakes."""
    finals = families.finals()
    found = {name: run for name, run in compared.recorded.finals.items() if name in finals}
    matrices = {name: _matrix(run, store) for name, run in found.items()}
    known = {name: matrix for name, matrix in matrices.items() if matrix is not None}
    text = [
        "A final evaluates one configuration on the test set: by default the one with the highest "
        "validation accuracy (on a tie, fewer parameters), with config=study the study's own. The "
        "test set chooses nothing."
    ]
    sections = [
        _final_section(compared, found[name], known.get(name), store)
        if name in found
        else missing_section(name, "This final has not run yet", options)
        for name in finals
        if name in found or name in STUDY_FINALS
    ]
    return Section("Finals on the test set", text, _per_class(known), sections)


def missing_section(name: str, what: str, options: Scale) -> Section:
    """What is not there, and how to get it."""
    commands = Commands([families.command(name, options)])
    return Section(_title(name), [f"{what}; run:"], [commands], name=name)


def _title(name: str) -> str:
    return TITLES.get(name, f"Your own family {name.removesuffix(families.OWN_FINAL)}")


def _final_section(
    compared: Comparison, run: RunRecord, matrix: Matrix | None, store: Store
) -> Section:
    text = [
        f"{plain(words(run.trial))}, {run.metrics['parameters']:,.0f} parameters: test accuracy "
        f"{row_of(compared.tables['summary'], run.family)['test_accuracy'].explained}."
    ]
    parts: list[Part] = [] if matrix is None else [_confusions(run.family, matrix)]
    if png := _artifact(run, MISTAKES, store):
        told = f"The test images that {run.family} gets wrong with the highest probability"
        alternative = f"{told}, each below its own label, the predicted one and its probability"
        title = f"{run.family}, mistakes"
        parts.append(Picture(title, alternative, png, width=41))
    if len(parts) < 2:
        text.append("Some of its figures are not in the store.")
    return Section(_title(run.family), text, parts, name=run.family)


def _artifact(run: RunRecord, path: str, store: Store) -> bytes | None:
    try:
        return store.content(run, path)
    except AWAY:
        return None


def _matrix(run: RunRecord, store: Store) -> Matrix | None:
    """A final's confusion matrix; None where it is not to be had."""
    text = _artifact(run, MATRIX, store)
    if text is None:
        return None
    try:
        matrix = pd.read_csv(io.BytesIO(text), index_col=0).to_numpy(np.int64)
    except ValueError:
        return None
    return matrix if matrix.shape == (len(CLASS_NAMES), len(CLASS_NAMES)) else None


def _per_class(matrices: Mapping[str, Matrix]) -> list[Part]:
    if not matrices:
        return []
    series = {name: _recalls(matrix) for name, matrix in matrices.items()}
    hardest = {name: min(rows, key=lambda row: row[1].value) for name, rows in series.items()}
    named = "; ".join(f"{name}: {row[0]}, {row[1].value:.3f}" for name, row in hardest.items())
    summary = f"The share of each class that is recognized, with {INTERVAL}s. Hardest: {named}."
    return [Chart("Recall of each class", summary, charts.per_class(series))]


def _recalls(matrix: Matrix) -> list[Estimate]:
    totals, right, names = matrix.sum(axis=1), matrix.diagonal(), identity().class_names
    return [
        (name, Accuracy.over_images(hits / total, total))
        for name, hits, total in zip(names, right.tolist(), totals.tolist(), strict=True)
    ]


def _confusions(name: str, matrix: Matrix) -> Chart:
    wrong, names = matrix - np.diag(matrix.diagonal()), identity().class_names
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    summary = (
        f"Rows: true, columns: predicted. {wrong.sum()} of {matrix.sum()} are wrong; the most "
        f"frequent mistake is {names[true]} taken for {names[predicted]}, "
        f"{wrong.max()} times."
    )
    figure = charts.confusion_matrix(matrix, colors.of(name))
    return Chart(f"{name}, confusion matrix", summary, figure)


def folds_section(compared: Comparison, options: Scale) -> Section:
    """The cross-validation: each fold, and its means."""
    title, run = "Cross-validation of the final CNN", compared.recorded.finals.get(KFOLD)
    if run is None:
        missing = missing_section(KFOLD, "The cross-validation has not run yet", options)
        return Section(title, sections=[missing])
    row = row_of(compared.tables["summary"], KFOLD)
    text = [
        f"{plain(words(run.trial))}: mean accuracy on the held-out folds "
        f"{row['val_accuracy'].explained}, on the test set {row['test_accuracy'].explained}."
    ]
    if not identity().is_other:
        text.append(
            "The study did no cross-validation: the mean of 5 folds that it prints, 0.9384, is the "
            "macro F1 of one model on a part of the test set."
        )
    folds = folds_of(run.trial, compared.recorded.folds)
    return Section(title, text, [_folds_chart(folds), _folds_table(folds)] if folds else [])


def _folds_chart(folds: Sequence[RunRecord]) -> Chart:
    series = {
        name: [(fold.trial.data.split, accuracy_of(metric, [fold])) for fold in folds]
        for name, metric in (("test set", TEST), ("held-out fold", CRITERION))
    }
    values = [accuracy.value for _, accuracy in series["test set"]]
    shades = (colors.of(KFOLD), NEUTRAL)
    summary = f"On the test set the folds reach {min(values):.4f} to {max(values):.4f}."
    return Chart("Accuracy of each fold", summary, intervals.estimates(series, "accuracy", shades))


def _folds_table(folds: Sequence[RunRecord]) -> Rows:
    rows = [
        {
            "fold": fold.trial.data.split,
            "held_out_accuracy": accuracy_of(CRITERION, [fold]),
            "test_accuracy": accuracy_of(TEST, [fold]),
        }
        for fold in folds
    ]
    legend = "Intervals are Wilson's, over the images of one fold or of the test set."
    return Rows(Table("folds", "Each fold", pd.DataFrame(rows), legend))
