"""What a final predicted on the test images, from the file that it left in the store."""

import zipfile

import numpy as np
from numpy.typing import NDArray

from fmnist.data import fashion_mnist
from fmnist.data.fashion_mnist import Labels
from fmnist.errors import InvalidInput
from fmnist.tracking import artifacts
from fmnist.tracking.failures import AWAY
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store

# What reading predictions raises where they are lost or damaged.
UNREADABLE = (*AWAY, ValueError, KeyError, zipfile.BadZipFile)
PARTS = 5


def macro_f1_of_parts(predicted: NDArray[np.integer], labels: Labels) -> list[float]:
    """Macro F1 of classes (n,) on five parts of their images, which a fixed seed shuffles."""
    from sklearn.metrics import f1_score  # 2 s to import
    from sklearn.model_selection import KFold

    parts = KFold(PARTS, shuffle=True, random_state=0).split(labels)
    return [float(f1_score(labels[part], predicted[part], average="macro")) for _, part in parts]


def test_parts(run: RunRecord, store: Store) -> dict[str, float]:
    """Macro F1 of a final on each part of the test set, as metrics; none where that is lost.

    A final that an export brought holds them, and no predictions.
    """
    names = [f"test_macro_f1_part_{number}" for number in range(1, PARTS + 1)]
    if all(name in run.metrics for name in names):
        return {name: run.metrics[name] for name in names}
    try:
        probabilities = artifacts.read_test_predictions(run.run_id, store)
    except (*AWAY, InvalidInput):
        return {}
    found = macro_f1_of_parts(probabilities.argmax(axis=1), fashion_mnist.load().test_labels)
    return dict(zip(names, found, strict=True))
