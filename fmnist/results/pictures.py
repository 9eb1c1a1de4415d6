"""Pictures of images and of what a model makes of them; nothing here knows where they came from."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import Images, Labels, identity

SAMPLES_SHOWN = 50
SAMPLES_TITLE = f"The first {SAMPLES_SHOWN} training images"
# Of training, validation and test.
SHADES = ("#3b434c", "#7f8792", "#c3c9d0")


def sample_grid(images: Images, labels: Labels, title: str = "") -> Figure:
    """Images (n, 28, 28) in rows of ten, each under its label."""
    rows = -(-len(images) // 10)
    figure = Figure(figsize=(12, 1.4 * rows + 0.4 * bool(title)), layout="constrained")
    figure.suptitle(title)
    axes = np.atleast_2d(figure.subplots(rows, 10)).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, image, label in zip(axes, images, labels, strict=False):
        axis.imshow(image, cmap="gray_r")
        axis.set_title(identity().class_names[label], fontsize=8)
    return figure


def images_of_each(counts: NDArray[np.integer]) -> str:
    """How many images there are of each class, as text: "4,800", or "4,790 to 4,811"."""
    least, most = counts.min(), counts.max()
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def class_balance(parts: Mapping[str, Labels]) -> Figure:
    """Images per class, for each part of the data."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    figure.suptitle("Images of each class")
    axis = figure.subplots()
    names, width = identity().class_names, 0.8 / len(parts)
    for index, ((name, labels), shade) in enumerate(zip(parts.items(), SHADES, strict=True)):
        counts = np.bincount(labels, minlength=len(names))
        axis.bar(np.arange(len(names)) + index * width, counts, width, label=name, color=shade)
    middle = np.arange(len(names)) + width * (len(parts) - 1) / 2
    axis.set_xticks(middle, names, rotation=30, ha="right")
    axis.set_ylabel("images")
    figure.legend(loc="outside lower center", ncols=len(parts), frameon=False)
    return figure


def confusion_matrix(matrix: NDArray[np.integer]) -> Figure:
    """Counts (10, 10): rows are true classes, columns predicted ones."""
    figure = Figure(figsize=(7, 6.5), layout="constrained")
    figure.suptitle("Test images by true and by predicted class")
    axis = figure.subplots()
    axis.imshow(matrix, cmap="Blues")
    for row, column in np.ndindex(*matrix.shape):
        color = "white" if matrix[row, column] > matrix.max() / 2 else "black"
        count = str(matrix[row, column])
        axis.text(column, row, count, ha="center", va="center", color=color, fontsize=8)
    names = identity().class_names
    ticks = range(len(names))
    axis.set_xticks(ticks, names, rotation=45, ha="right")
    axis.set_yticks(ticks, names)
    axis.set(xlabel="predicted", ylabel="true")
    return figure


def mistakes(images: Images, labels: Labels, probabilities: NDArray[np.float32]) -> Figure:
    """Wrongly classified images (n, 28, 28), the most confident first."""
    rows = max(1, -(-len(images) // 5))
    figure = Figure(figsize=(9, 2.0 * rows + 0.4), layout="constrained")
    figure.suptitle("Mistakes, the most confident first: true class, predicted class, probability")
    axes, names = np.atleast_1d(figure.subplots(rows, 5)).ravel(), identity().class_names
    for axis in axes:
        axis.axis("off")
    for axis, image, label, chances in zip(axes, images, labels, probabilities, strict=False):
        predicted = int(chances.argmax())
        axis.imshow(image, cmap="gray_r")
        title = f"{names[label]}\nas {names[predicted]} ({chances[predicted]:.0%})"
        axis.set_title(title, fontsize=8)
    return figure
