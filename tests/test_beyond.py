"""What goes beyond the study runs as the study does: searched, evaluated, registered, shown."""

import numpy as np
import pytest
from rich.console import Console

from fmnist import (
    comparison,
    data,
    epochs,
    export,
    family_search,
    peers,
    record_file,
    registry,
    results,
)
from fmnist.options import Options
from fmnist.record_file import FINAL

SMOKE = Options(preset="smoke")
TEST = "test_sparse_categorical_accuracy"
QUIET = Console(quiet=True)


def test_a_champion_is_searched_evaluated_registered_and_shown_beside_peers(
    place, monkeypatch, tmp_path
):
    store = place.use(monkeypatch)
    grid = place.folder / "grid.yaml"
    grid.write_text("architecture: [4-8]")
    one = Options(preset="smoke", grid=grid)
    assert family_search.run_family("champion_search", one, store, QUIET).complete
    evaluated = place.mlflow_run("champion_final", preset="smoke")
    assert evaluated.returncode == 0, evaluated.stderr
    (run,) = store.runs("tags.`fmnist.kind` = 'final'")
    model = registry.load("fmnist-champion", "Production", store)
    dataset = data.load()
    predicted = epochs.predict(model, dataset.test_images.astype(np.float32))
    assert (predicted.argmax(axis=1) == dataset.test_labels).mean() == run.metrics[TEST]
    assert run.metrics["multiply_adds"] > 1e5
    compared = comparison.compare(store, SMOKE)
    assert "champion_final" in set(compared.summary["family"])
    ours = compared.peers[compared.peers["source"] == "this project"]
    assert ours["test_accuracy"].tolist() == [pytest.approx(run.metrics[TEST])]
    assert len(compared.peers) == 1 + len(peers.PEERS)
    export.write(tmp_path / export.NAME, compared, store)
    kept = [one for one in record_file.read(tmp_path / export.NAME) if one.kind == FINAL]
    assert [(one.record.request.family, one.record.key) for one in kept] == [
        ("champion_final", run.key)
    ]
    results.write_tables(compared, SMOKE, tmp_path)
    assert (tmp_path / "minutes.png").stat().st_size > 10_000


def test_there_are_no_peers_of_nothing():
    assert peers.peers_table([]).empty
