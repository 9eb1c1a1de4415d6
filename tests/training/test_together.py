"""Trials that one JAX program trains together end as each does alone."""

import subprocess
import sys

import pytest
from conftest import PROJECT

from fmnist.errors import InvalidInput
from fmnist.search import run_plan
from fmnist.study import options
from fmnist.study.options import Options
from fmnist.training.executors import InProcess
from fmnist.training.together import Together

# In a process of its own, since Keras has one backend; on a processor, where it is not used else.
SETUP = """
import pathlib, sys
import numpy as np
from fmnist.data import splits
from fmnist.study.networks import CNN, MLP
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import checkpoint, train
from fmnist.training.epochs import fastest
from fmnist.training.epochs.jax import JaxEpochs
from fmnist.training.events import EpochEnded, Failed, Finished, Killed, Started
from fmnist.training.executors import Workspace
from fmnist.training.together import Together, groups

folder = pathlib.Path(sys.argv[1])
fastest.prepare = JaxEpochs

def request(model, **settings):
    soon = {"plateau_patience": 1, "plateau_cooldown": 0, "early_stopping_patience": 2}
    chosen = Trial(
        model=model,
        training=TrainingConfig(epochs=5, **soon | settings),
        data=splits.describe(1_500, "holdout", 0),
    )
    return Request(trial=chosen, family="mlp_search", preset="smoke")

def mlp(dropout, **settings):
    return request(MLP(architecture="32", dropout=dropout), **settings)

def cnn(dropout, **settings):
    return request(CNN(architecture="1x4", dropout=dropout), batch_size=240, **settings)

def together(requests, name, listener=lambda event: None):
    events, left = [], iter(requests)
    def listen(event):
        events.append(event)
        listener(event)
    workspace = Workspace(folder / name, folder / name / "checkpoints")
    Together().run(lambda: next(left, None), listen, workspace)
    return events

def kinds(events):
    return [type(event) for event in events]
"""
AS_ALONE = """
asked = [
    mlp(0.2, learning_rate=0.5, weights="last"), mlp(0.4, learning_rate=1e-3),
    cnn(0.2, learning_rate=1e-3), cnn(0.3, learning_rate=0.1, early_stopping_patience=1),
]
assert [len(group) for group in groups(asked)] == [2, 2]
events = together(asked, "together")
ended = {event.request.trial.key: event.bundle for event in events if isinstance(event, Finished)}
lengths = []
for one in asked:
    found, key = ended[one.trial.key], one.trial.key
    path = folder / "alone" / "checkpoint.npz"
    expected = train.train(one, folder / "alone" / key, path, lambda *_: None)
    of = [event for event in events if event.request == one]
    epochs = len(expected.record.timestamps)
    assert kinds(of) == [Started, *[EpochEnded] * epochs, Finished]
    for name, curve in expected.record.curves.items():
        one_image = 1 / 300 + 1e-6 if name.startswith("val_sparse") else 0
        np.testing.assert_allclose(
            found.record.curves[name], curve, rtol=1e-3, atol=one_image, err_msg=name
        )
    rates = [bundle.record.curves["learning_rate"] for bundle in (found, expected)]
    assert rates[0] == rates[1]
    for a, b in zip(found.weights(), expected.weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)
    np.testing.assert_allclose(
        found.predictions("validation"), expected.predictions("validation"), atol=1e-3
    )
    assert found.record.environment["trained_together"] == "2"
    assert found.record.summary["best_epoch"] == expected.record.summary["best_epoch"]
    lengths.append((epochs, len(set(rates[0]))))
assert min(lengths)[0] < max(lengths)[0], "all end at once, and this shows nothing"
assert max(falls for _, falls in lengths) > 1, "no learning rate falls, and this shows nothing"
"""
STOPPED = """
checkpoint.INTERVAL_SECONDS = 0
first, second = asked = asked[:2]

class Crash(BaseException):
    pass

def crash(event):
    stopped.append(event)
    if isinstance(event, EpochEnded) and event.request == second and event.epoch == 1:
        raise Crash

def fail(event):
    if isinstance(event, EpochEnded) and event.request == first:
        raise ValueError("of one trial alone")

stopped = []
try:
    together(asked, "broken", crash)
except Crash:
    pass
assert kinds(stopped)[-2:] == [Killed] * 2
events = together(asked, "broken", fail)
seen = [event for event in events if isinstance(event, EpochEnded)]
epochs = [[event.epoch for event in seen if event.request == one] for one in asked]
# The first trial's second epoch had ended when the second one's was interrupted.
assert epochs == [[2], [1, 2, 3, 4]], epochs
assert [e.reason for e in events if isinstance(e, Failed)] == ["ValueError: of one trial alone"]
(left,) = [event.bundle.record for event in events if isinstance(event, Finished)]
for name, curve in ended[second.trial.key].record.curves.items():
    np.testing.assert_allclose(left.curves[name], curve, rtol=1e-4)
"""


def test_trials_trained_together_end_as_each_does_alone_and_go_on_after_a_crash(place):
    variables = place.environment | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", SETUP + AS_ALONE + STOPPED, str(place.folder)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_trials_are_trained_together_where_it_is_asked_for_and_can_be(monkeypatch):
    with pytest.raises(InvalidInput, match="together=1: accepted is KERAS_BACKEND=jax on a"):
        Options(together=True)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(options, "has_nvidia_gpu", lambda: True)
    kinds = [
        type(run_plan.executor(Options(together=together, strategy=strategy)))
        for together, strategy in ((False, "grid"), (True, "grid"), (True, "bayesian"))
    ]
    assert kinds == [InProcess, Together, InProcess]
    with pytest.raises(InvalidInput, match="without workers"):
        Options(together=True, workers=2)
