"""The same entries on JAX, at smoke scale."""

from fmnist import bundle


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
