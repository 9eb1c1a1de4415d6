"""What the tests of registered models share."""

import pytest


@pytest.fixture
def store(study_copy, tmp_path, monkeypatch):
    """A copy of the smoke study's store, with an experiment whose artifacts are the test's own."""
    opened = study_copy.use(monkeypatch)
    opened.client.create_experiment("models", str(tmp_path / "models"))
    return opened
