"""An ensemble is chosen on validation and frozen before it reads the test set, once."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import Place
from rich.console import Console

from entrypoints import ensemble, ingest
from fmnist.data import config, fashion_mnist, splits
from fmnist.errors import InvalidInput
from fmnist.registry import evaluation
from fmnist.results import comparison
from fmnist.results.export import collect, exported, parquet
from fmnist.study.options import Options
from fmnist.tracking import artifacts
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.runs import GPU, MEMBERS
from fmnist.training import scoring

SMOKE = Options(preset="smoke")
TEST = "test_sparse_categorical_accuracy"
QUIET = Console(quiet=True)


@pytest.fixture
def store(study_copy, monkeypatch):
    return study_copy.use(monkeypatch)


def runs(store):
    found = store.runs("tags.`fmnist.kind` = 'ensemble'")
    return sorted(found, key=lambda run: run.start_time)


def members_of(run, store):
    return pd.read_csv(io.BytesIO(store.content(run, "members.csv")))


def interrupted(*_):
    raise KeyboardInterrupt


def test_the_choice_is_written_down_before_the_test_set_is_read_and_read_once(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "predict", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ensemble.run_ensemble(3, SMOKE, store, QUIET)
    (frozen,) = runs(store)
    assert frozen.status == "KILLED"
    assert len(frozen.tags[MEMBERS].split(",")) == 3
    assert "best_val_sparse_categorical_accuracy" in frozen.metrics
    assert TEST not in frozen.metrics
    ensemble.run_ensemble(3, SMOKE, store, QUIET)
    monkeypatch.setattr(ensemble, "predict", interrupted)
    ensemble.run_ensemble(3, SMOKE, store, QUIET)
    _, first, again = runs(store)
    assert frozen.tags[MEMBERS] == first.tags[MEMBERS]
    assert first.metrics[TEST] == again.metrics[TEST]
    assert first.metrics["test_accuracy_low"] < first.metrics[TEST]


def test_its_probabilities_are_the_mean_of_its_members(store):
    ensemble.run_ensemble(2, SMOKE, store, QUIET)
    run = runs(store)[-1]
    members = members_of(run, store)
    trials = {trial.run_id: trial for trial in store.trials()}
    images = fashion_mnist.scale(fashion_mnist.load().test_images)
    predicted = [
        scoring.predict(evaluation.restore(trials[run_id], store), images)
        for run_id in members["run_id"]
    ]
    found = artifacts.read_test_predictions(run.run_id, store)
    np.testing.assert_allclose(found, np.mean(predicted, axis=0), atol=1e-6)
    assert members["validation_accuracy"].iloc[0] == members["validation_accuracy"].max()
    assert run.metrics["models"] == 2
    parameters = [trials[run_id].metrics["parameters"] for run_id in members["run_id"]]
    assert run.metrics["parameters"] == sum(parameters)


def test_its_entry_says_members_and_accuracy(study_copy, store):
    done = study_copy.mlflow_run("ensemble", preset="smoke", members="2")
    assert done.returncode == 0, done.stderr
    (run,) = runs(store)
    assert f"ensemble: The mean of 2: test accuracy {run.metrics[TEST]:.4f}" in done.stdout
    assert done.stdout.count("validation accuracy") == 2


def test_more_members_than_trials_are_refused_and_no_run_is_made(store):
    before = len(runs(store))
    with pytest.raises(
        InvalidInput, match=r"members=100: needs 100 finished trials with weights at preset=smoke"
    ):
        ensemble.run_ensemble(100, SMOKE, store, QUIET)
    assert len(runs(store)) == before


def test_its_export_gives_the_same_row_beside_peers_once(store, tmp_path, monkeypatch):
    first, *_ = ensemble.candidates(splits.describe(1_500, config.HOLDOUT, 0), "smoke", store)
    store.log(first.run_id, tags={GPU: "NVIDIA H200"})
    ensemble.run_ensemble(2, SMOKE, store, QUIET)
    compared = comparison.compare(store, SMOKE)
    beside = compared.frame("peers")
    (on,) = beside.loc[beside["model"] == "ensemble of 2", "on"]
    assert on == "NVIDIA H200, processor"
    file = tmp_path / collect.NAME
    collect.write(file, compared, store)
    (tmp_path / "other").mkdir()
    other = Place(tmp_path / "other").use(monkeypatch)
    with entry_run(other, "ingest", "ingest", {}) as run:
        found = ingest.find(file)
        assert ingest.record_new(found, run) == len(found)
        assert ingest.record_new(found, run) == 0
    pd.testing.assert_frame_equal(comparison.compare(other, SMOKE).frame("peers"), beside)


def test_an_ensemble_of_other_members_is_refused(store, tmp_path):
    ensemble.run_ensemble(2, SMOKE, store, QUIET)
    file = tmp_path / collect.NAME
    collect.write(file, comparison.compare(store, SMOKE), store)
    (one,) = (one for one in parquet.read(file) if one.kind == exported.ENSEMBLE)
    for members in ("", "x", "0" * 16, ",".join(["0" * 16, "1" * 16])):
        said = one.record.environment | {"members": members}
        with pytest.raises(InvalidInput, match="member"):
            replace(one, record=replace(one.record, environment=said))
