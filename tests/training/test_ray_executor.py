"""Trials that are trained on Ray, as the same function trains them in this process."""

import pytest
from other_data import arrays, write_npz

from fmnist.data import fashion_mnist
from fmnist.tracking import runs

FAMILY = """
name: mine
question: How many units?
network: my_network.py:build
grid: {units: [16, 32]}
"""
NETWORK = """
import keras


def build(units: int = 16) -> keras.Model:
    layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    last = keras.layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28)), *layers, last])
"""


@pytest.mark.slow
def test_two_workers_train_at_once_also_with_ones_own_network_and_data(place, monkeypatch):
    (place.folder / "mine.yaml").write_text(FAMILY)
    (place.folder / "my_network.py").write_text(NETWORK)
    write_npz(place.folder / "shapes.npz", arrays())
    given = ("--family", "mine.yaml", "--data", "shapes.npz", "--preset", "smoke")
    done = place.run("search", *given, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert "mine: expected 2, done 2 (reused 0), failed 0, missing 0\n" in done.stdout
    store = place.use(monkeypatch)
    monkeypatch.setattr(fashion_mnist, "_provided", [])
    done = store.runs("tags.`fmnist.family` = 'mine' and attributes.status = 'FINISHED'")
    one, other = runs.finished([run for run in done if runs.KEY in run.tags]).values()
    assert {one.trial.model.units, other.trial.model.units} == {16, 32}
    began, ended = max(one.start_time, other.start_time), min(one.end_time, other.end_time)
    assert began < ended
