"""Data of Fashion-MNIST's shape that are made up: ten patterns in noise, as MNIST's four files."""

import gzip
from pathlib import Path

import numpy as np

from fmnist.data.fashion_mnist import FILES

NAMES = ["spot", "bar", "ring", "cross", "star", "arc", "wave", "grid", "dune", "leaf"]


def arrays(seed: int = 0, training: int = 60, test: int = 12):
    """Images and labels of both parts, with so many of each class."""
    generator = np.random.default_rng(seed)
    patterns = np.random.default_rng(0).integers(0, 200, (10, 28, 28))
    found = []
    for count in (training, test):
        labels = np.repeat(np.arange(10, dtype=np.uint8), count)
        noise = generator.integers(0, 56, (len(labels), 28, 28))
        found += [(patterns[labels] + noise).astype(np.uint8), labels]
    return found


def idx_bytes(array, magic: int) -> bytes:
    return np.array([magic, *array.shape], ">u4").tobytes() + array.tobytes()


def write_idx(folder: Path, made, zipped: bool = True) -> Path:
    """MNIST's four files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, array in zip(FILES, made, strict=True):
        content = idx_bytes(array, file.magic)
        if zipped:
            (folder / file.name).write_bytes(gzip.compress(content, 1))
        else:
            (folder / file.name.removesuffix(".gz")).write_bytes(content)
    return folder


def write_npz(path: Path, made) -> Path:
    """The same as Keras keeps them."""
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(path, **dict(zip(names, made, strict=True)))
    return path
