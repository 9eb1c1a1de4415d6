"""Read a trial's files back from the store.

    bundle/      of a trial that was trained: record, weights, predictions
    exported/    of a trial from an export: the record, and the class predicted for each image

A run that was made by hand, or whose artifacts are lost, has neither.
"""

import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import Labels
from fmnist.errors import InvalidInput
from fmnist.tracking.reading import BUNDLE_ARTIFACTS
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store
from fmnist.training.bundle import PREDICTIONS, RECORD, Record

EXPORT_ARTIFACTS = "exported"
CLASSES = "validation_classes.npy"
# How many downloads run at a time. Each is a request or two, of up to some hundred kilobytes.
DOWNLOADS = 8

Found = TypeVar("Found")


def read_all(
    read: Callable[[RunRecord, Store], Found], runs: Sequence[RunRecord], store: Store
) -> list[Found]:
    """The results of `read` for each run, in order; several runs are read at a time."""
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        return list(pool.map(read, runs, [store] * len(runs)))


def record(run: RunRecord, store: Store) -> Record:
    """A trial's record.

    Raises:
        InvalidInput: if the stored file is not a record.
    """
    folder = BUNDLE_ARTIFACTS if run.has_weights else EXPORT_ARTIFACTS
    return Record.from_json(store.content(run, f"{folder}/{RECORD}").decode("utf-8"))


def validation_classes(run: RunRecord, store: Store) -> Labels:
    """The classes (n,) that the kept weights predict for the validation images."""
    if run.has_weights:
        return np.asarray(validation_probabilities(run, store).argmax(axis=1), np.uint8)
    content = store.content(run, f"{EXPORT_ARTIFACTS}/{CLASSES}")
    return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))


def validation_probabilities(run: RunRecord, store: Store) -> NDArray[np.float32]:
    """The probabilities (n, 10) for the validation images, from a trial's bundle."""
    content = store.content(run, f"{BUNDLE_ARTIFACTS}/{PREDICTIONS}")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return np.asarray(arrays["validation"])


TEST_PREDICTIONS = "test_predictions.npz"


def read_test_predictions(run_id: str, store: Store) -> NDArray[np.float32]:
    """A final's probabilities (10000, 10) on the test set.

    Raises:
        InvalidInput: if the run has none, or a damaged file.
    """
    if TEST_PREDICTIONS not in {item.path for item in store.client.list_artifacts(run_id)}:
        raise InvalidInput(f"run {run_id} has no {TEST_PREDICTIONS}, which every final stores")
    with tempfile.TemporaryDirectory() as scratch:
        path = store.client.download_artifacts(run_id, TEST_PREDICTIONS, scratch)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return np.asarray(arrays["test"])
        except (ValueError, KeyError, zipfile.BadZipFile):
            raise InvalidInput(f"run {run_id}: its {TEST_PREDICTIONS} is damaged") from None
