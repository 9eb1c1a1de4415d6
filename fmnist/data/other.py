"""Read other data of Fashion-MNIST's shape: 28x28 gray images of 10 classes, from IDX or NPZ files.

A folder holds MNIST's four files, gzipped or not, and perhaps `class_names.txt`. An NPZ file has
Keras's form, the arrays x_train, y_train, x_test and y_test, and perhaps a text file of its name
beside it. The text file has a line for each class; without one the classes are named 0 to 9.
"""

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist.data import idx
from fmnist.data.fashion_mnist import FASHION_MNIST, FILES, IMAGE_SHAPE, OWN_DIGESTS, Dataset
from fmnist.data.identity import Identity, digest
from fmnist.errors import InvalidInput

ACCEPTED = (
    "accepted is a folder of MNIST's four IDX files, gzipped or not, or an NPZ file with x_train, "
    "y_train, x_test and y_test"
)
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
NAMES_FILE = "class_names.txt"
CLASSES = 10
LONGEST_NAME = 40
# So that each class is in each part of every split, also where a preset takes 1,500 images.
LEAST_IMAGES, LEAST_SHARE = 50, 0.01

Arrays = list[NDArray[Any]]


def read(path: Path) -> Dataset:
    """The data set at a path, checked. If it is Fashion-MNIST's own images, it is the study's.

    Raises:
        InvalidInput: if it is not one of 28x28 gray images in 10 classes, or has too few of them.
    """
    if path.is_dir():
        found, names_file = _read_idx(path), path / NAMES_FILE
    elif path.is_file():
        found, names_file = _read_npz(path), path.with_suffix(".txt")
    else:
        raise InvalidInput(f"data={path}: no such file or folder; {ACCEPTED}")
    training = _checked(path, "training", *found[:2])
    test = _checked(path, "test", *found[2:])
    _check_enough(path, training[1], test[1])
    digests = digest(*training), digest(*test)
    if digests == OWN_DIGESTS:
        return Dataset(*training, *test)
    names = _class_names(names_file)
    told = Identity(_name(path), names, *digests, len(test[1]))
    return Dataset(*training, *test, identity=told)


def _read_idx(folder: Path) -> Arrays:
    """The four arrays of a folder, in the order of `ARRAYS`."""
    arrays = []
    for file in FILES:
        there = [folder / name for name in (file.name, file.name.removesuffix(".gz"))]
        path = next(filter(Path.is_file, there), None)
        if path is None:
            raise InvalidInput(f"data={folder}: no {there[1].name}; {ACCEPTED}")
        content = path.read_bytes()
        if content.startswith(idx.GZIP):
            content = idx.decompress(path)
        shape = (idx.ANY, *file.shape[1:])
        arrays.append(idx.parse(path, content, file.magic, shape))
    return arrays


def _read_npz(path: Path) -> Arrays:
    """The four arrays of an NPZ file. Pickled objects, which could run code, are refused."""
    if not zipfile.is_zipfile(path):
        raise InvalidInput(f"data={path}: not an NPZ file; {ACCEPTED}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = [archive[name] for name in ARRAYS]
    except KeyError:
        raise InvalidInput(f"data={path}: holds not all of the four arrays; {ACCEPTED}") from None
    except Exception as error:  # a damaged file can make NumPy and zlib raise almost anything
        raise InvalidInput(f"data={path}: cannot be read ({error}); {ACCEPTED}") from None
    if not all(isinstance(array, np.ndarray) for array in arrays):
        raise InvalidInput(f"data={path}: not arrays of NumPy; {ACCEPTED}")
    return arrays


def _checked(
    path: Path, part: str, images: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A part's images and labels, once both are what a data set has."""
    if images.dtype != np.uint8 or images.shape[1:] != IMAGE_SHAPE:
        raise InvalidInput(
            f"data={path}: the {part} images are {_described(images)}; accepted is uint8 of "
            "shape (n, 28, 28)"
        )
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise InvalidInput(
            f"data={path}: the {part} labels are {_described(labels)}; accepted are whole numbers "
            f"of shape ({len(images)},), one for each image"
        )
    wrong = labels[(labels < 0) | (labels >= CLASSES)]
    if len(wrong):
        raise InvalidInput(f"data={path}: {part} label {wrong[0]} out of range; accepted is 0 to 9")
    return images, labels.astype(np.uint8)


def _described(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _check_enough(path: Path, training: NDArray[np.uint8], test: NDArray[np.uint8]) -> None:
    """Refuse data with a class of which there are too few images to split or to test."""
    least = max(LEAST_IMAGES, round(len(training) * LEAST_SHARE))
    for part, labels, needed in (("training", training, least), ("test", test, 1)):
        counts = np.bincount(labels, minlength=CLASSES)
        few = int(counts.argmin())
        if counts[few] < needed:
            raise InvalidInput(
                f"data={path}: {counts[few]} {part} images of class {few}; accepted is {needed} or "
                f"more of each of the {CLASSES} classes"
            )


def _class_names(path: Path) -> tuple[str, ...]:
    """The names in a text file; the digits where there is none."""
    if not path.is_file():
        return tuple(map(str, range(CLASSES)))
    lines = path.read_text("utf-8", "replace").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    fit = all(name.isprintable() and len(name) <= LONGEST_NAME for name in names)
    if not (len(set(names)) == len(names) == CLASSES and fit):
        raise InvalidInput(
            f"{path}: {len(names)} class names; accepted is {CLASSES} lines, each with another "
            f"name of up to {LONGEST_NAME} characters"
        )
    return names


def _name(path: Path) -> str:
    """The name of a data set: its folder's or file's, in lowercase letters, digits and dashes."""
    place = Path(os.path.abspath(path))
    plain = place.name if place.is_dir() else place.stem
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-")
    if name in ("", FASHION_MNIST.name):
        held = "reserved for the study's data" if name else "without a letter of a to z or digit"
        raise InvalidInput(f"data={path}: its name is {held}; accepted is a path of another name")
    return name
