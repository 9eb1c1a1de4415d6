"""Finals leave logged models: linked, made once, and not in the way when they are deleted."""

import json
import shutil
from collections import Counter
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.entities import LoggedModelStatus
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from entrypoints.finals import run_final
from fmnist.console import open_console
from fmnist.errors import InvalidInput
from fmnist.registry import gate, history, logged_models, registry
from fmnist.registry.logged_models import DIGEST, MODEL
from fmnist.registry.model_files import WRITTEN_BY_LOADING
from fmnist.study.families import FINALS
from fmnist.study.metrics import from_mlflow, is_beside
from fmnist.study.options import Options
from fmnist.tracking import artifacts, runs
from fmnist.tracking.artifacts import TEST_PREDICTIONS
from registry.support import NAME, in_production

FINAL = "mlp_final"
READY, FAILED = LoggedModelStatus.READY, LoggedModelStatus.FAILED
pytestmark = pytest.mark.filterwarnings("ignore:.*transition_model_version_stage:FutureWarning")


def final_again(store, folder):
    """The run of a final that gave what version 1's gave, and the files of its model."""
    first = store.client.get_model_version(NAME, "1")
    (final,) = store.with_id(first.run_id)
    experiment = store.client.get_experiment_by_name("models").experiment_id
    run_id = store.create_run(experiment, FINAL, {})
    store.log(run_id, metrics={name: final.metrics[name] for name in final.metrics})
    predicted = artifacts.read_test_predictions(final.run_id, store)
    np.savez(folder / TEST_PREDICTIONS, test=predicted)
    store.client.log_artifact(run_id, str(folder / TEST_PREDICTIONS))
    return run_id, registry.download_verified(store, first, folder / "files")


def add_version(store, folder):
    """A version with a logged model of its own."""
    run_id, files = final_again(store, folder)
    model = mlflow.keras.load_model(str(files))
    tags = logged_models.log_model(store, run_id, FINAL, model, np.zeros((1, 28, 28), np.uint8), {})
    return registry.register(store, NAME, run_id, tags | {runs.PRESET: "smoke"}, "again")


def add_old_version(store, folder):
    """A version as they were made before: its files lie with the run."""
    run_id, files = final_again(store, folder)
    store.client.log_artifacts(run_id, str(files), registry.ARTIFACT)
    digest = store.client.get_model_version(NAME, "1").tags[DIGEST]
    return registry.register(store, NAME, run_id, {DIGEST: digest, runs.PRESET: "smoke"}, "")


def test_a_finals_run_model_and_version_lead_to_one_another(store):
    version = registry.find(store, NAME, registry.STAGE)
    model = store.client.get_logged_model(version.tags[MODEL])
    assert (model.name, model.status, model.source_run_id) == (FINAL, READY, version.run_id)
    assert version.source == f"models:/{model.model_id}"
    assert json.loads(model.tags[MLFLOW_MODEL_VERSIONS]) == [{"name": NAME, "version": 1}]
    run = store.client.get_run(version.run_id)
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
    # The weights are not in the run as well.
    assert registry.ARTIFACT not in {
        item.path for item in store.client.list_artifacts(run.info.run_id)
    }
    assert model.params.items() <= run.data.params.items()
    results = {
        name: value for name, value in run.data.metrics.items() if not is_beside(from_mlflow(name))
    }
    assert {metric.key: metric.value for metric in model.metrics} == results
    of = {metric.key: (metric.dataset_digest or "").partition("-")[0] for metric in model.metrics}
    assert of["test/sparse_categorical_accuracy"] == of["test/accuracy_low"] == "test"
    assert of["best/val_sparse_categorical_accuracy"] == "validation"
    assert of["train/loss"] == "training"
    assert of["cost/parameters"] == of["cost/train_seconds"] == ""
    read = {one.dataset.digest for one in run.inputs.dataset_inputs}
    assert {metric.dataset_digest for metric in model.metrics} - {None} == read


def test_what_mlflow_writes_on_loading_is_no_change(store, tmp_path):
    version = add_version(store, tmp_path)
    assert gate.promote(store, version, allow_tie=True).promoted
    mlflow.keras.load_model(f"models:/{NAME}/Production")
    mlflow.pyfunc.load_model(f"models:/{NAME}@production")
    stored = Path(store.client.get_model_version_download_uri(NAME, version.version))
    assert (stored / WRITTEN_BY_LOADING).exists()
    again = add_version(store, tmp_path)
    assert gate.promote(store, again, allow_tie=True).promoted
    assert gate.promote(store, version, allow_tie=True).promoted
    assert registry.load(NAME, store=store)
    (stored / "other").write_text("")
    with pytest.raises(InvalidInput, match="its files were changed"):
        registry.load(NAME, store=store)


def test_a_version_of_before_is_compared_promoted_rolled_back_and_loaded(store, tmp_path):
    old = add_old_version(store, tmp_path)
    assert old.source.startswith("runs:/")
    assert gate.promote(store, old).evidence.test.tied
    assert gate.promote(store, old, allow_tie=True).promoted
    assert registry.load(NAME, store=store)
    assert mlflow.keras.load_model(f"models:/{NAME}/Production")
    new = add_version(store, tmp_path)
    assert gate.promote(store, new, allow_tie=True).promoted
    history.roll_back(store, NAME, "")
    assert in_production(store) == ([str(old.version)], str(old.version))
    assert registry.load(NAME, "@production", store)
    store.client.delete_run(old.run_id)
    history.roll_back(store, NAME, "")
    assert in_production(store) == (["1"], "1")


def test_a_version_whose_model_was_deleted_says_so_and_keeps_nobody_out(store, tmp_path):
    version = add_version(store, tmp_path)
    assert gate.promote(store, version, allow_tie=True).promoted
    store.client.set_model_version_tag(NAME, version.version, runs.PRESET, "paper")
    assert not gate.promote(store, registry.find(store, NAME, "1")).promoted
    model_id = version.tags[MODEL]
    store.client.delete_logged_model(model_id)
    shutil.rmtree(store.client.get_model_version_download_uri(NAME, version.version))
    with pytest.raises(InvalidInput) as refusal:
        registry.load(NAME, store=store)
    said = f"{NAME} version {version.version}: its files are gone with its logged model {model_id}"
    assert refusal.value.what == said
    assert "its model was deleted; run its final again" in gate.promote(store, version).text
    decision = gate.promote(store, registry.find(store, NAME, "1"))
    assert f"nothing else is in Production, since the model of version {version.version} was" in (
        decision.text
    )
    assert in_production(store) == (["1"], "1")
    with pytest.raises(InvalidInput, match="no version to roll back to"):
        history.roll_back(store, NAME, "")


def test_a_final_that_is_interrupted_again_and_again_registers_its_model_once(store, monkeypatch):
    store.client.delete_registered_model(NAME)
    before = len(store.client.search_logged_models(store.experiments()))

    def start():
        run_final(FINALS[FINAL], Options(preset="smoke"), "selected", store, open_console())

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    after = (
        "log_model_artifacts", "finalize_logged_model", "log_outputs", "create_model_version",
        "set_logged_model_tags",
    )  # fmt: skip
    for call in after:
        with monkeypatch.context() as patch:
            patch.setattr(store.client, call, interrupted)
            with pytest.raises(KeyboardInterrupt):
                start()
    start()
    (version,) = registry.versions(store, NAME)
    assert in_production(store) == (["1"], "1")
    made = store.client.search_logged_models(store.experiments())[:-before]
    assert Counter(model.status for model in made) == {FAILED: 1, READY: 1}
    ready = next(model for model in made if model.status == READY)
    assert ready.model_id == version.tags[MODEL]
    assert json.loads(ready.tags[MLFLOW_MODEL_VERSIONS]) == [{"name": NAME, "version": 1}]
    run = store.client.get_run(version.run_id)
    assert [output.model_id for output in run.outputs.model_outputs] == [ready.model_id]
    start()  # and is evaluated no more, until its model is deleted
    assert len(registry.versions(store, NAME)) == 1
    store.client.delete_logged_model(ready.model_id)
    start()
    assert in_production(store) == (["2"], "2")
