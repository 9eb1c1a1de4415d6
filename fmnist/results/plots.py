"""Figures from plain data; nothing here knows where the data came from."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import CLASS_NAMES, Images, Labels
from fmnist.results.accuracy import Accuracy, Estimate
from fmnist.stats import INTERVAL
from fmnist.training.bundle import Curves

TRAINING_COLOUR, VALIDATION_COLOUR = "#4477aa", "#ee6677"
DPI = 120
ACCURACY_TICKS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a picture; one matplotlib gives the same bytes for the same figure."""
    path.write_bytes(to_png(figure))


def to_png(figure: Figure) -> bytes:
    """A figure as the bytes of a picture."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
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
    _draw_curves(figure.subplots(1, 2), runs)
    return figure


def _draw_curves(axes: Sequence[Axes], runs: Mapping[str, Curves]) -> None:
    loss, accuracy = axes
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


def accuracy_by_family(rows: Sequence[Estimate]) -> Figure:
    """Best validation accuracy of each family."""
    figure = Figure(figsize=(8, 0.5 * len(rows) + 1.2), layout="constrained")
    axis = figure.subplots()
    names = [row[0] for row in rows]
    colours = [TRAINING_COLOUR if name.startswith("mlp") else VALIDATION_COLOUR for name in names]
    _estimates(axis, rows, colours)
    axis.set_xlabel(f"best validation accuracy, with {INTERVAL}; red: CNNs")
    return figure


def configurations(rows: Sequence[Estimate], curves: Curves) -> Figure:
    """A family: each configuration's best validation accuracy, the winner first; its curves."""
    height = 0.24 * len(rows) + 1.0
    figure = Figure(figsize=(10, height + 3.8), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(height, 3.8))
    above, below = (figure.add_subfigure(part) for part in (grid[0], grid[1]))
    axis = above.subplots()
    names, shared = _without_shared([row[0] for row in rows])
    shown = [(name, accuracy) for name, (_, accuracy) in zip(names, rows, strict=True)]
    _estimates(axis, shown, [VALIDATION_COLOUR, *[TRAINING_COLOUR] * (len(rows) - 1)])
    axis.set_title(shared, fontsize=10)
    axis.set_xlabel(
        f"best validation accuracy, with {INTERVAL}; "
        "ranked by as many seeds as all have; red: the winner"
    )
    below.suptitle(rows[0][0], fontsize=10)
    _draw_curves(below.subplots(1, 2), {"": curves})
    return figure


def differences(rows: Sequence[Estimate]) -> Figure:
    """Ours minus published; a line marks no difference."""
    figure = Figure(figsize=(8, 0.24 * len(rows) + 1.2), layout="constrained")
    axis = figure.subplots()
    holds_zero = [found.low <= 0 <= found.high for _, found in rows]
    colours = [TRAINING_COLOUR if holds else VALIDATION_COLOUR for holds in holds_zero]
    _estimates(axis, rows, colours, "{:+.4f}")
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xlabel(f"ours minus published, with {INTERVAL}")
    return figure


def accuracy_over_minutes(rows: Sequence[tuple[float, str, Accuracy]]) -> Figure:
    """Test accuracy over the minutes of training: rows of minutes, model, accuracy."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axis = figure.subplots()
    axis.set_yscale("logit")  # near 1 a small step is a large part of the errors
    names = list(dict.fromkeys(row[1] for row in rows))
    labels, shared = _without_shared(names)
    for name, label in zip(names, labels, strict=True):
        of_name = sorted((row for row in rows if row[1] == name), key=lambda row: row[0])
        values, errors = _with_errors([accuracy for _, _, accuracy in of_name])
        minutes = [row[0] for row in of_name]
        axis.errorbar(minutes, values, yerr=errors, fmt="o-", capsize=3, label=label)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    shown = axis.get_ylim()  # which ticks would widen
    axis.set_yticks(ACCURACY_TICKS, [f"{tick:g}" for tick in ACCURACY_TICKS])
    axis.set_yticks([], minor=True)
    axis.set(ylim=shown, xlabel="minutes of training", ylabel=f"test accuracy, with {INTERVAL}")
    axis.grid(alpha=0.3)
    axis.set_title(shared, fontsize=10)
    figure.legend(loc="outside lower center", fontsize=8)
    return figure


def _without_shared(names: Sequence[str]) -> tuple[list[str], str]:
    """Names without the words that all have, and those words."""
    if len(names) < 2:
        return list(names), ""
    words = [name.split() for name in names]
    shared = [word for word in words[0] if all(word in others for others in words)]
    own = [" ".join(word for word in others if word not in shared) for others in words]
    return [name or "(nothing else)" for name in own], " ".join(shared)


def _estimates(
    axis: Axes, rows: Sequence[Estimate], colours: Sequence[str], shown: str = "{:.4f}"
) -> None:
    """A point with its interval for each row, from above to below."""
    places = range(len(rows))
    values, errors = _with_errors([accuracy for _, accuracy in rows])
    axis.errorbar(values, places, xerr=errors, fmt="none", ecolor="black")
    axis.scatter(values, places, c=colours, zorder=3)
    for place, (_, accuracy) in zip(places, rows, strict=True):
        text, at = shown.format(accuracy.value), (accuracy.high, place)
        axis.annotate(text, at, (6, -3), textcoords="offset points", fontsize=8)
    axis.set_yticks(places, [row[0] for row in rows])
    axis.margins(x=0.15)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.grid(axis="x", alpha=0.3)


def _with_errors(rows: Sequence[Accuracy]) -> tuple[list[float], list[list[float]]]:
    """Values (n), and how far their intervals reach below and above them (2, n)."""
    below = [row.value - row.low for row in rows]
    return [row.value for row in rows], [below, [row.high - row.value for row in rows]]


SAMPLES_SHOWN = 50
