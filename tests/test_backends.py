"""The same entries on JAX."""

import json

from fmnist import bundle


def test_a_search_on_jax_gives_the_same_keys_and_a_bundle_that_any_backend_reads(
    place, study, monkeypatch, tmp_path
):
    completed = place.run("cnn_baseline", "--preset", "smoke", KERAS_BACKEND="jax")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    store = place.use(monkeypatch)
    trials = store.trials()
    assert {run.tags["fmnist.backend"] for run in trials} == {"jax"}
    left = bundle.read(store.download_bundle(trials[0], tmp_path))
    assert left.predictions("validation").shape == (300, 10)
    on_tensorflow = {run.key for run in study.use(monkeypatch).trials()}
    assert {run.key for run in trials} <= on_tensorflow


def test_a_final_on_jax_registers_a_model(place, monkeypatch):
    assert place.run("mlp_search", "--preset", "smoke", KERAS_BACKEND="jax").returncode == 0
    completed = place.run("mlp_final", "--preset", "smoke", KERAS_BACKEND="jax")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "fmnist-mlp version 1 is in Production" in completed.stdout
    store = place.use(monkeypatch)
    (final,) = store.runs("tags.`fmnist.kind` = 'final'")
    assert json.loads(final.tags["fmnist.trial"])["model"]["network"] == "mlp"
