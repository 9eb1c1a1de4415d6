"""What a model says about images, as a table."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from fmnist.data.fashion_mnist import CLASS_NAMES, Images
from fmnist.results.text import readable, to_rich
from fmnist.training import scoring
from fmnist.training.backend import keras

COLUMNS = ("image", "class", "probability", "second_class", "second_probability")
ROWS_SHOWN = 50
PIXELS = "Read as Fashion-MNIST's images: light on dark, 255 where the garment is."


def predict(model: keras.Model, names: list[str], images: Images) -> pd.DataFrame:
    """The two likeliest classes of each image (n, 28, 28) of raw pixels, in the images' order."""
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
    console.print(to_rich(readable(shown), title, PIXELS))
    if left := len(predicted) - len(shown):
        line = f"{left} more images; -P output=FILE.csv writes all of them"
        console.print(line)


def write(predicted: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    predicted.to_csv(path, index=False)
