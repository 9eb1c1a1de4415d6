"""Classify images with the model in Production, and show the classes as a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from fmnist.console import open_console
from fmnist.data import image_files
from fmnist.data.fashion_mnist import CLASS_NAMES, Images
from fmnist.files import check_output
from fmnist.results import text
from fmnist.results.tables.table import Table
from fmnist.tracking.entry_run import mark_read_only
from fmnist.tracking.store import open_store

if TYPE_CHECKING:
    from fmnist.training.backend import keras

COLUMNS = ("image", "class", "probability", "second_class", "second_probability")
ROWS_SHOWN = 50
PIXELS = "Read as Fashion-MNIST's images: light on dark, 255 where the garment is."
PIXELS_OF_OTHERS = "Read as the images of {}, pixel by pixel."
# The width of the columns besides the names, and the shortest that names are cut to.
WIDTH_OF_VALUES = 63
SHORTEST_NAME = 12


def run(values: dict[str, Any]) -> bool:
    """Classify and print the table; with `output`, also write it, and the converted photos."""
    name, path, output, convert = (values[each] for each in ("model", "path", "output", "convert"))
    _check(output, convert)
    names, images = image_files.read(path, convert)
    from fmnist.registry import model_data, registry  # Keras, once the images are read

    store, console = open_store(), open_console()
    mark_read_only(store, "predict")
    version = registry.find(store, name, registry.STAGE)
    told = model_data.identity_of(version)
    model = registry.load(name, str(version.version), store)
    predicted = predict(model, names, images, told.class_names)
    legend = PIXELS_OF_OTHERS.format(told.title) if told.is_other else PIXELS
    show(predicted, f"{name} in Production, {len(images)} images", console, legend)
    if left_out := image_files.left_out(path, convert):
        console.print(left_out, soft_wrap=True)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        predicted.to_csv(output, index=False)
        if convert:
            write_images(names, images, _seen(output))
            console.print(f"What the network saw: {_seen(output)}", soft_wrap=True)
    elif convert:
        console.print("-P output=FILE.csv also writes what the network saw, as PNG in FILE-seen")
    return True


def _check(output: Path | None, convert: bool) -> None:
    """Make sure, before anything is predicted, that the output can be written.

    Raises:
        InvalidInput: if it cannot.
    """
    if output:
        check_output(output, "a CSV file")
        if convert:
            check_output(_seen(output), "a folder", is_folder=True)


def _seen(output: Path) -> Path:
    """The folder of the converted photos, beside the table."""
    return output.with_name(f"{output.stem}-seen")


def predict(
    model: "keras.Model",
    names: list[str],
    images: Images,
    class_names: Sequence[str] = CLASS_NAMES,
) -> pd.DataFrame:
    """The two most likely classes of each image (n, 28, 28) of raw pixels, one row per image."""
    from fmnist.training import scoring

    return table(names, scoring.predict(model, images.astype(np.float32)), class_names)


def table(
    names: list[str],
    probabilities: NDArray[np.float32],
    class_names: Sequence[str] = CLASS_NAMES,
) -> pd.DataFrame:
    """The two most likely classes by probabilities (n, 10), in the columns of `COLUMNS`."""
    rows = np.arange(len(names))
    first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
    classes = np.array(class_names)
    values = (
        names, classes[first], probabilities[rows, first],
        classes[second], probabilities[rows, second],
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def show(predicted: pd.DataFrame, title: str, console: Console, legend: str = PIXELS) -> None:
    """Print the first 50 rows; on a terminal, long names are cut to their end."""
    shown = predicted.head(ROWS_SHOWN)
    if console.is_terminal:
        room = max(console.width - WIDTH_OF_VALUES, SHORTEST_NAME)
        shown = shown.assign(image=[_shortened(name, room) for name in shown["image"]])
    text.show(Table("predictions", title, shown, legend), console, whole=True)
    if left := len(predicted) - len(shown):
        line = f"{left} more images; -P output=FILE.csv writes all of them"
        console.print(line)


def _shortened(name: str, room: int) -> str:
    return name if len(name) <= room else f"...{name[3 - room :]}"


def write_images(names: list[str], images: Images, folder: Path) -> None:
    """Write images (n, 28, 28) into a folder, created if needed, as PNG files `predict` accepts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in zip(names, images, strict=True):
        Image.fromarray(image).save(folder / f"{name}.png")
