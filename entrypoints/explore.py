"""Show the data: log sample images and the class balance as figures, and print counts."""

from typing import Any

import numpy as np
from rich.console import Console

from entrypoints import parameters
from fmnist.console import open_console
from fmnist.data import config, fashion_mnist, splits
from fmnist.results import pictures, plots
from fmnist.results.pictures import SAMPLES_SHOWN, SAMPLES_TITLE, images_of_each
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.store import open_store


def run(values: dict[str, Any]) -> bool:
    """Log the figures and print the counts."""
    fashion_mnist.load()  # refused before a run is created
    with entry_run(open_store(), "explore", "explore", {}) as opened:
        log_figures(opened, parameters.options(values).split_seed, open_console())
    return True


def log_figures(run: EntryRun, seed: int, console: Console) -> None:
    """Log the first 50 images and the class balance of the split with this seed; print counts."""
    dataset = fashion_mnist.load()
    split = splits.load_split(splits.describe(len(dataset.train_labels), config.HOLDOUT, seed))
    parts = {
        "training": split.train_labels,
        "validation": split.validation_labels,
        "test": dataset.test_labels,
    }
    first = slice(SAMPLES_SHOWN)
    images, labels = dataset.train_images[first], dataset.train_labels[first]
    grid = pictures.sample_grid(images, labels, SAMPLES_TITLE)
    with run.files() as folder:
        plots.save(grid, folder / "first_50_images.png")
        plots.save(pictures.class_balance(parts), folder / "class_balance.png")
    run.log(tags={"fmnist.data_digest": split.config.digest})
    for name, labels in parts.items():
        each = images_of_each(np.bincount(labels))
        console.print(f"{name}: {len(labels):,} images, {each} of each class")
