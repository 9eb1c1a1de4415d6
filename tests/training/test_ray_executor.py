"""Trials that are trained on Ray, as the same function trains them in this process."""

import pytest

from fmnist.tracking import runs


@pytest.mark.slow
def test_two_trials_are_trained_at_once_by_two_workers_and_recorded(place, monkeypatch):
    done = place.run("mlp_capacity", "--preset", "smoke", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert "mlp_capacity: expected 2, done 2 (reused 0), failed 0, missing 0\n" in done.stdout
    store = place.use(monkeypatch)
    trained = runs.finished(store.trials()).values()
    assert {run.trial.model.architecture for run in trained} == {"32", "128-64"}
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Best: ")
    assert last.endswith("; next: mlflow run . -e compare -P preset=smoke")
