"""Classify images with the model in Production, as a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from fmnist.console import open_console
from fmnist.data import image_files
from fmnist.data.fashion_mnist import CLASS_NAMES, Images
from fmnist.errors import InvalidInput
from fmnist.results.tables.table import Table
from fmnist.results.text import to_rich
from fmnist.tracking.entry_run import mark_read_only
from fmnist.tracking.store import open_store

if TYPE_CHECKING:
    import keras

COLUMNS = ("image", "class", "probability", "second_class", "second_probability")
ROWS_SHOWN = 50
PIXELS = "Read as Fashion-MNIST's images: light on dark, 255 where the garment is."


def run(values: dict[str, Any]) -> bool:
    """Print the table; with `output`, write it as CSV too."""
    name, output = values["model"], values["output"]
    if output and output.is_dir():
        raise InvalidInput(f"output={output}: a folder; accepted is a CSV file, or none")
    names, images = image_files.read(values["path"])
    from fmnist.registry import registry  # Keras, once the images are read

    store = open_store()
    mark_read_only(store, "predict")
    predicted = predict(registry.load(name, store=store), names, images)
    show(predicted, f"{name} in Production, {len(images)} images", open_console())
    if output:
        write(predicted, output)
    return True


def predict(model: "keras.Model", names: list[str], images: Images) -> pd.DataFrame:
    """The two likeliest classes of each image (n, 28, 28) of raw pixels, in the images' order."""
    from fmnist.training import scoring

    return table(names, scoring.predict(model, images.astype(np.float32)))


def table(names: list[str], probabilities: NDArray[np.float32]) -> pd.DataFrame:
    """The two likeliest classes of probabilities (n, 10)."""
    rows = np.arange(len(names))
    first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
    classes = np.array(CLASS_NAMES)
    values = (
        names, classes[first], probabilities[rows, first],
        classes[second], probabilities[rows, second],
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def show(predicted: pd.DataFrame, title: str, console: Console) -> None:
    """Print the table; of a long one its beginning."""
    shown = predicted.head(ROWS_SHOWN)
    console.print(to_rich(Table("predictions", title, shown, PIXELS)))
    if left := len(predicted) - len(shown):
        line = f"{left} more images; -P output=FILE.csv writes all of them"
        console.print(line)


def write(predicted: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    predicted.to_csv(path, index=False)
