"""The same entries on JAX, at smoke scale; its loops on a GPU are the mathematics of `fit`."""

import subprocess
import sys

import pytest
from conftest import PROJECT

from fmnist.training import bundle

# In a process of its own, since Keras has one backend; on a processor, where `fit` is used else.
EPOCHS_BY_LOOPS_AND_BY_FIT = """
import numpy as np
from test_epochs import RECIPE, trial
from fmnist.data import splits
from fmnist.study.networks import CNN
from fmnist.training.epochs.fit import FitEpochs
from fmnist.training.epochs.jax import JaxEpochs
from fmnist.training.train import batch_order

recipe = RECIPE | {"schedule": "plateau"}
chosen = trial(CNN(architecture="1x4", dropout=0.2), batch_size=128, **recipe)
plain, fast = FitEpochs(chosen), JaxEpochs(chosen)
for epoch in range(2):
    for model in (plain.model, fast.model):  # as the plateau's callback does
        model.optimizer.learning_rate = 1e-3 / (epoch + 1)
    order = batch_order(chosen.seed, epoch, 1_200)
    expected, found = plain.train(epoch, order), fast.train(epoch, order)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)
for one, other in zip(plain.model.get_weights(), fast.model.get_weights(), strict=True):
    np.testing.assert_allclose(other, one, atol=1e-5)
images = splits.load_split(chosen.data).validation_images
np.testing.assert_allclose(fast.predict(images), plain.predict(images), atol=1e-5)
"""

# The same losses on both backends, by the gradient's path: from a model that is being trained.
LOSS_OF_SIGMOID = """
import numpy as np
from test_epochs import trial
from fmnist.study.networks import MLP
from fmnist.training import models
from fmnist.training.epochs.fit import loss

chosen = trial(MLP(architecture="8", last_activation="sigmoid"))
model = models.build(chosen.model, "float32")
images, labels = np.eye(28)[:4, :, None] * np.ones((1, 1, 28)), np.arange(4)
outputs = model(images.astype(np.float32), training=True)
found = np.asarray(loss(chosen)(labels, outputs))
shares = np.asarray(outputs) / np.asarray(outputs).sum(axis=1, keepdims=True)
np.testing.assert_allclose(found, -np.log(shares[np.arange(4), labels]), rtol=1e-5)
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_losses_of_sigmoid_are_of_its_outputs_divided_by_their_sum(place, backend):
    run_on(backend, LOSS_OF_SIGMOID, place)


def test_loops_on_jax_are_epochs_of_fit(place):
    run_on("jax", EPOCHS_BY_LOOPS_AND_BY_FIT, place)


def run_on(backend: str, program: str, place) -> None:
    variables = place.environment | {
        "KERAS_BACKEND": backend, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'tests' / 'training'}"
    }  # fmt: skip
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_jax_trains_searches_and_registers(place, study, monkeypatch, tmp_path):
    for entry in ("mlp_optimizers", "mlp_final"):
        completed = place.run(entry, "--preset", "smoke", KERAS_BACKEND="jax")
        assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "fmnist-mlp version 1 is in Production" in completed.stdout
    store = place.use(monkeypatch)
    trials = store.trials()
    assert {run.tags["fmnist.backend"] for run in trials} == {"jax"}
    left = bundle.read(store.download_bundle(trials[0], tmp_path))
    assert left.predictions("validation").shape == (300, 10)
    # The backend is no part of a key: what JAX did, TensorFlow need not do again.
    assert {run.key for run in trials} <= {run.key for run in study.use(monkeypatch).trials()}
