"""What changes the bits of a result is recorded with it."""

from fmnist.training.environment import SETTINGS, environment, settings


def test_what_is_asked_of_the_backend_is_recorded(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("XLA_FLAGS", "--one\n --other")
    monkeypatch.delenv("TF_DETERMINISTIC_OPS", raising=False)
    found = settings()
    assert found.keys() == set(SETTINGS)
    assert found["tf_enable_onednn_opts"] == "0"
    assert found["xla_flags"] == "--one --other"  # a line, as an export takes it
    assert found["tf_deterministic_ops"] == "default"
    assert found["matmul_precision"] == "tf32"  # TensorFlow's own default
    assert environment().keys() >= {*SETTINGS, "backend"}
