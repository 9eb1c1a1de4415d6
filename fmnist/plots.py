"""Figures from plain data; nothing here knows where the data came from."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist.data import CLASS_NAMES, Images, Labels

CURVES = (
    "loss",
    "val_loss",
    "sparse_categorical_accuracy",
    "val_sparse_categorical_accuracy",
)
TRAINING_COLOUR, VALIDATION_COLOUR = "#4477aa", "#ee6677"
DPI = 120

# Per metric one value an epoch.
Curves = Mapping[str, Sequence[float]]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a picture."""
    figure.savefig(path, dpi=DPI, bbox_inches="tight")


def to_png(figure: Figure) -> bytes:
    """A figure as the bytes of a picture."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, bbox_inches="tight")
    return picture.getvalue()


def sample_grid(images: Images, labels: Labels) -> Figure:
    """Images (n, 28, 28) in rows of ten, each under its label."""
    rows = -(-len(images) // 10)
    figure = Figure(figsize=(12, 1.4 * rows), layout="constrained")
    axes = np.atleast_2d(figure.subplots(rows, 10)).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, image, label in zip(axes, images, labels, strict=False):
        axis.imshow(image, cmap="gray_r")
        axis.set_title(CLASS_NAMES[label], fontsize=8)
    return figure


def class_balance(parts: Mapping[str, Labels]) -> Figure:
    """Images per class, for each part of the data."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axis = figure.subplots()
    width = 0.8 / len(parts)
    for index, (name, labels) in enumerate(parts.items()):
        counts = np.bincount(labels, minlength=len(CLASS_NAMES))
        axis.bar(np.arange(len(CLASS_NAMES)) + index * width, counts, width, label=name)
    middle = np.arange(len(CLASS_NAMES)) + width * (len(parts) - 1) / 2
    axis.set_xticks(middle, CLASS_NAMES, rotation=30, ha="right")
    axis.set_ylabel("images")
    axis.legend(loc="lower right")
    return figure


def learning_curves(runs: Mapping[str, Curves]) -> Figure:
    """Loss and accuracy over epochs, training dashed and validation solid, a pair for each run."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for index, (name, curves) in enumerate(runs.items()):
        one = len(runs) == 1
        colours = (TRAINING_COLOUR, VALIDATION_COLOUR) if one else (f"C{index}", f"C{index}")
        for axis, metric in ((loss, "loss"), (accuracy, "sparse_categorical_accuracy")):
            for prefix, style, colour in zip(("", "val_"), ("--", "-"), colours, strict=True):
                values = curves[prefix + metric]
                part = "validation" if prefix else "training"
                epochs = range(1, len(values) + 1)
                axis.plot(epochs, values, style, color=colour, label=f"{name} {part}".strip())
    loss.set(xlabel="epoch", ylabel="loss")
    accuracy.set(xlabel="epoch", ylabel="accuracy")
    accuracy.legend(fontsize=8)
    return figure


def confusion_matrix(matrix: NDArray[np.integer]) -> Figure:
    """Counts (10, 10): rows are true classes, columns predicted ones."""
    figure = Figure(figsize=(7, 6.2), layout="constrained")
    axis = figure.subplots()
    axis.imshow(matrix, cmap="Blues")
    for row, column in np.ndindex(*matrix.shape):
        colour = "white" if matrix[row, column] > matrix.max() / 2 else "black"
        count = str(matrix[row, column])
        axis.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
    ticks = range(len(CLASS_NAMES))
    axis.set_xticks(ticks, CLASS_NAMES, rotation=45, ha="right")
    axis.set_yticks(ticks, CLASS_NAMES)
    axis.set(xlabel="predicted", ylabel="true")
    return figure


def mistakes(images: Images, labels: Labels, probabilities: NDArray[np.float32]) -> Figure:
    """Wrongly classified images (n, 28, 28), the surest first."""
    rows = max(1, -(-len(images) // 5))
    figure = Figure(figsize=(9, 2.0 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, 5)).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, image, label, chances in zip(axes, images, labels, probabilities, strict=False):
        predicted = int(chances.argmax())
        axis.imshow(image, cmap="gray_r")
        title = f"{CLASS_NAMES[label]}\nas {CLASS_NAMES[predicted]} ({chances[predicted]:.0%})"
        axis.set_title(title, fontsize=8)
    return figure


def accuracy_by_family(rows: Sequence[tuple[str, float, float, float]]) -> Figure:
    """Best validation accuracy of each family with its 95% interval: (family, value, low, high)."""
    figure = Figure(figsize=(8, 0.5 * len(rows) + 1.2), layout="constrained")
    axis = figure.subplots()
    names = [row[0] for row in rows]
    values, lows, highs = (np.array([row[part] for row in rows]) for part in (1, 2, 3))
    colours = [TRAINING_COLOUR if name.startswith("mlp") else VALIDATION_COLOUR for name in names]
    axis.errorbar(values, names, xerr=[values - lows, highs - values], fmt="none", ecolor="black")
    axis.scatter(values, names, c=colours, zorder=3)
    for value, high, name in zip(values, highs, names, strict=True):
        axis.annotate(f"{value:.4f}", (high, name), (6, -3), textcoords="offset points", fontsize=8)
    axis.margins(x=0.15)
    axis.invert_yaxis()
    axis.set_xlabel("best validation accuracy, with 95% interval")
    axis.grid(axis="x", alpha=0.3)
    return figure
