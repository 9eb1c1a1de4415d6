"""The files that a final leaves beside its metrics: predictions, report, figures."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import classification_report, confusion_matrix

from fmnist.data import fashion_mnist
from fmnist.results import pictures, plots
from fmnist.tracking.artifacts import TEST_PREDICTIONS
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store
from fmnist.training.backend import keras

MISTAKES_SHOWN = 25


def write(folder: Path, probabilities: NDArray[np.float32]) -> None:
    """Write what a model's probabilities (10000, 10) on the test set tell."""
    dataset = fashion_mnist.load()
    labels, predicted = dataset.test_labels, probabilities.argmax(axis=1)
    np.savez_compressed(folder / TEST_PREDICTIONS, test=probabilities, labels=labels)
    matrix = confusion_matrix(labels, predicted)
    names = dataset.identity.class_names
    table = pd.DataFrame(matrix, names, names)
    table.to_csv(folder / "confusion_matrix.csv", index_label="true class")
    plots.save(pictures.confusion_matrix(matrix), folder / "confusion_matrix.png")
    report = classification_report(
        labels, predicted, target_names=names, output_dict=True, zero_division=0
    )
    pd.DataFrame(report).T.round(4).to_csv(folder / "per_class.csv", index_label="class")
    worst = most_confident_mistakes(probabilities, labels)
    plots.save(
        pictures.mistakes(dataset.test_images[worst], labels[worst], probabilities[worst]),
        folder / "mistakes.png",
    )


def write_model(folder: Path, run: RunRecord, model: keras.Model, store: Store) -> None:
    """Write a trial's layers and how it learned."""
    (folder / "architecture.txt").write_text(architecture(model), encoding="utf-8")
    curves = store.curves(run.run_id)
    plots.save(plots.learning_curves(curves, run.family), folder / "curves.png")


def architecture(model: keras.Model) -> str:
    """Keras's summary of a model."""
    text = io.StringIO()
    model.summary(
        print_fn=lambda line, **_: text.write(line + "\n"), line_length=100, expand_nested=True
    )
    return text.getvalue()


def most_confident_mistakes(
    probabilities: NDArray[np.float32], labels: fashion_mnist.Labels
) -> NDArray[np.intp]:
    """Indices of the wrong predictions, the surest first."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    order = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return wrong[order[:MISTAKES_SHOWN]]
