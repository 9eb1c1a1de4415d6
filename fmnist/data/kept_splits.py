"""Keep splits in the user's cache: drawing one imports scikit-learn, which takes a second.

A kept split is drawn again if the labels, the request, this package's code, numpy or scikit-learn
are other ones, or if its file is damaged. Digests of images are never kept: they are always of the
images themselves.
"""

import hashlib
import json
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import Labels, cache_folder
from fmnist.files import replacing

Indices = tuple[NDArray[np.intp], NDArray[np.intp]]
# What a file says of each image of the data set: not used, trained on, or validated on.
TRAIN, VALIDATION = 1, 2
DRAWN_BY = ("numpy", "scikit-learn")


def path_of(labels: Labels, *request: object) -> Path:
    """Where the split of a request, such as samples, kind and seed, is kept."""
    rest = [*request, *map(version, DRAWN_BY)]
    hasher = hashlib.sha256(labels.tobytes() + json.dumps(rest).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        hasher.update(source.read_bytes())
    return cache_folder() / "splits" / hasher.hexdigest()


def read(path: Path, size: int) -> Indices | None:
    """The sorted indices of a kept split of `size` images; None if there is no sound file."""
    with suppress(OSError):
        content = path.read_bytes()
        digest, parts = content[:-size], content[-size:]
        if digest == hashlib.sha256(parts).digest():
            drawn = np.frombuffer(parts, np.uint8)
            return np.flatnonzero(drawn == TRAIN), np.flatnonzero(drawn == VALIDATION)
    return None


def keep(path: Path, size: int, indices: Indices) -> None:
    """Keep a split of `size` images, unless the cache cannot be written."""
    parts = np.zeros(size, np.uint8)
    for number, chosen in zip((TRAIN, VALIDATION), indices, strict=True):
        parts[chosen] = number
    content = parts.tobytes()
    with suppress(OSError), replacing(path) as scratch:
        scratch.write_bytes(hashlib.sha256(content).digest() + content)
