"""A trial's model on the test set: rebuilt from its saved weights, scored, with its interval."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist import stats
from fmnist.data import fashion_mnist, splits
from fmnist.data.identity import Identity
from fmnist.results.accuracy import Accuracy
from fmnist.study import networks
from fmnist.study.metrics import ACCURACY, CRITERION, LAST_VALIDATION, TEST
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store
from fmnist.training import bundle, models, scoring
from fmnist.training.backend import keras
from fmnist.training.scoring import Logs

# What a final says again of the trial that it chose.
KEPT = (
    "last_loss", f"last_{ACCURACY}", "last_val_loss", LAST_VALIDATION,
    "best_val_loss", CRITERION, "parameters", "epochs_run", "train_seconds",
)  # fmt: skip
TEST_METRICS = (TEST, "test_accuracy_low", "test_accuracy_high")


@dataclass(frozen=True)
class Evaluation:
    """A replicate on the test set.

    Attributes:
        predictor: takes images in [0, 1].
        model: takes raw pixels.
        probabilities: (10000, 10) on the test images.
        metrics: `last_*`, `best_val_*` and `test_*`.
    """

    run: RunRecord
    predictor: keras.Model
    model: keras.Model
    probabilities: NDArray[np.float32]
    metrics: Logs


def restore(run: RunRecord, store: Store) -> keras.Model:
    """What predicts with a trial's saved weights: images in [0, 1] to probabilities."""
    with tempfile.TemporaryDirectory() as scratch:
        left = bundle.read(store.download_bundle(run, Path(scratch)))
        network = models.build(run.trial.model)
        network.set_weights(left.weights())
    return models.predictor(run.trial.model, network)


def evaluate(run: RunRecord, store: Store) -> Evaluation:
    """Rebuild a trial's model from its saved weights and score it."""
    predictor = restore(run, store)
    model = models.with_raw_pixels(predictor)
    probabilities = scoring.predict(model, fashion_mnist.load().test_images.astype(np.float32))
    metrics = {name: run.metrics[name] for name in KEPT}
    if known := networks.prediction_multiply_adds(run.trial.model):
        metrics["multiply_adds"] = known
    metrics |= test_metrics(probabilities)
    return Evaluation(run, predictor, model, probabilities, metrics)


def training_metrics(evaluation: Evaluation) -> Logs:
    """`train_*`: the restored weights on the images they were trained on, without dropout.

    Takes several times as long as the test images, and is wanted of one replicate.
    """
    split = splits.load_split(evaluation.run.trial.data)
    probabilities = scoring.predict(evaluation.predictor, split.train_images)
    return scoring.evaluate(probabilities, split.train_labels, "train_")


def test_metrics(probabilities: NDArray[np.float32]) -> Logs:
    """What probabilities (10000, 10) on the test images are worth, with the 95% interval."""
    labels = fashion_mnist.load().test_labels
    found = scoring.evaluate(probabilities, labels, "test_")
    low, high = stats.accuracy_interval(found[TEST], len(labels))
    return found | {"test_accuracy_low": low, "test_accuracy_high": high}


def test_text(metrics: Logs, of: Identity) -> str:
    """The test accuracy of `test_metrics`, or of a final that holds them, for people."""
    accuracy, low, high = (metrics[name] for name in TEST_METRICS)
    return f"test accuracy {Accuracy(accuracy, low, high, f'{of.test_samples} images').explained}"


def over_replicates(evaluations: Sequence[Evaluation]) -> Logs:
    """Means over the replicates and their 95% intervals, where there are several."""
    spread: Logs = {"models": len(evaluations)}
    if len(evaluations) > 1:
        for metric in (CRITERION, TEST):
            values = [evaluation.metrics[metric] for evaluation in evaluations]
            spread |= stats.mean_metrics(metric, values)
    return spread
