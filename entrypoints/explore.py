"""A first look at the data, as figures of a run."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from entrypoints import parameters
from fmnist.console import open_console
from fmnist.data import config, fashion_mnist, splits
from fmnist.results import pictures, plots
from fmnist.results.pictures import SAMPLES_SHOWN
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.store import open_store


def run(values: dict[str, Any]) -> bool:
    """Log the figures and print the counts."""
    fashion_mnist.load()  # refused before a run is created
    with entry_run(open_store(), "explore", "explore", {}) as opened:
        log_figures(opened, parameters.options(values).split_seed, open_console())
    return True


def log_figures(run: EntryRun, seed: int, console: Console) -> None:
    """Log the sample grid and the class balance of the study's split, and print the counts."""
    dataset = fashion_mnist.load()
    split = splits.load_split(splits.describe(len(dataset.train_labels), config.HOLDOUT, seed))
    parts = {
        "training": split.train_labels,
        "validation": split.validation_labels,
        "test": dataset.test_labels,
    }
    first = slice(SAMPLES_SHOWN)
    title = f"The first {SAMPLES_SHOWN} training images"
    grid = pictures.sample_grid(dataset.train_images[first], dataset.train_labels[first], title)
    with tempfile.TemporaryDirectory() as scratch:
        plots.save(grid, Path(scratch) / "first_50_images.png")
        plots.save(pictures.class_balance(parts), Path(scratch) / "class_balance.png")
        run.log_files(Path(scratch))
    run.log(tags={"fmnist.data_digest": split.config.digest})
    for name, labels in parts.items():
        counts = np.bincount(labels)
        least, most = counts.min(), counts.max()
        number = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        console.print(f"{name}: {len(labels):,} images, {number} of each class")
