"""What a trial predicted on its validation images, from the files it left in the store."""

import zipfile

import numpy as np

from fmnist.data import splits
from fmnist.results.tables.differences import Right
from fmnist.tracking import artifacts
from fmnist.tracking.failures import AWAY
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store

# What reading a trial's predictions raises where they are lost or damaged.
UNREADABLE = (*AWAY, ValueError, KeyError, zipfile.BadZipFile)


def right_answers(run: RunRecord, store: Store) -> Right:
    """Which validation images a trial has right; None where its predictions are lost."""
    try:
        predicted = artifacts.validation_classes(run, store)
        return np.asarray(predicted == splits.validation_labels(run.trial.data))
    except UNREADABLE:
        return None
