"""What goes beyond the study runs as the study does: searched, evaluated, registered, shown."""

import numpy as np
from rich.console import Console

from entrypoints import finals, search
from fmnist.data import fashion_mnist
from fmnist.registry import registry
from fmnist.results import comparison, folder
from fmnist.results.export import collect, parquet
from fmnist.results.export.exported import FINAL
from fmnist.results.family_trials import family_runs
from fmnist.results.tables import peers
from fmnist.study.families import FINALS
from fmnist.study.options import Options
from fmnist.tracking import runs
from fmnist.training import scoring

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
    assert search.run_family("champion_search", one, store, QUIET).complete
    evaluated = place.mlflow_run("champion_final", preset="smoke")
    assert evaluated.returncode == 0, evaluated.stderr
    (run,) = store.runs("tags.`fmnist.kind` = 'final'")
    model = registry.load("fmnist-champion", "Production", store)
    dataset = fashion_mnist.load()
    predicted = scoring.predict(model, dataset.test_images.astype(np.float32))
    assert (predicted.argmax(axis=1) == dataset.test_labels).mean() == run.metrics[TEST]
    assert run.metrics["multiply_adds"] > 1e5
    compared = comparison.compare(store, SMOKE)
    assert "champion_final" in set(compared.frame("summary")["family"])
    typed = "mlflow run . -e champion_final -P preset=smoke"
    beside = compared.frame("peers")
    (ours,) = beside["test_accuracy"][beside["source"] == typed]
    assert ours.value == run.metrics[TEST]
    assert len(beside) == 1 + len(peers.PEERS)
    collect.write(tmp_path / collect.NAME, compared, store)
    kept = [one for one in parquet.read(tmp_path / collect.NAME) if one.kind == FINAL]
    assert [(one.record.request.family, one.record.key) for one in kept] == [
        ("champion_final", run.key)
    ]
    assert kept[0].record.environment == {"command": typed, "config": runs.SELECTED}
    folder.write(compared, tmp_path, store, "smoke")
    assert (tmp_path / "minutes.png").stat().st_size > 10_000
    assert typed in (tmp_path / "peers.md").read_text()
    assert f"test accuracy:** {ours.value:.4f}" in (tmp_path / "headline.md").read_text()


def test_a_final_refits_its_choice_on_nearly_all_images(place, monkeypatch, tmp_path):
    store = place.use(monkeypatch)
    grid = place.folder / "grid.yaml"
    grid.write_text("architecture: [4-8]")
    chosen_from = Options(preset="smoke", grid=grid)
    assert search.run_family("champion_search", chosen_from, store, QUIET).complete
    (searched,) = store.trials()
    asked = Options(preset="smoke", refit=3)
    for _ in range(2):  # the second finds everything done
        assert finals.run_final(FINALS["champion_final"], asked, runs.SELECTED, store, QUIET)
    (refit,) = (trial for trial in store.trials() if trial.key != searched.key)
    assert (refit.trial.data.split, refit.metrics["epochs_run"]) == ("refit", 3)
    assert refit.trial.model == searched.trial.model
    (final,) = store.evaluated("tags.`fmnist.preset` = 'smoke'")
    assert final.key == refit.key
    assert final.tags["fmnist.words"].endswith("refit")
    # It was trained on images that others are validated on: it is never chosen from.
    for epochs_asked in (2, 3):
        options = Options(preset="smoke", epochs=epochs_asked)
        families = family_runs(options, store.trials())
        assert refit.key not in {run.key for family in families for run in family.runs}
    collect.write(tmp_path / collect.NAME, comparison.compare(store, SMOKE), store)
    kept = parquet.read(tmp_path / collect.NAME)
    (left,) = (one.record for one in kept if (one.kind, one.record.key) == (FINAL, refit.key))
    assert left.environment["command"].endswith("-e champion_final -P preset=smoke -P refit=3")


def test_there_are_no_peers_of_nothing():
    assert peers.peers_table([]).empty
