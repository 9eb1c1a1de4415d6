"""Trials of other data are tried to be mixed with the study's, and stay apart everywhere."""

import json
from types import SimpleNamespace

import pytest
from other_data import arrays, write_npz
from rich.console import Console
from synthetic import record, write

from entrypoints import choice, ensemble, finals, held, ingest, request_file, train
from fmnist.data import config, fashion_mnist, other, splits
from fmnist.errors import InvalidInput
from fmnist.registry import gate, history, model_data, registry
from fmnist.results import comparison
from fmnist.study.families import FAMILIES, FINALS
from fmnist.study.metrics import TEST
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import open_store

SMOKE, QUIET = Options(preset="smoke"), Console(quiet=True)
FINAL = FINALS["mlp_final"]
OURS, THEIRS = 0.6, 0.9  # the accuracy of the study's trial, and that of the other data's


@pytest.fixture
def shapes(tmp_path):
    return other.read(write_npz(tmp_path / "shapes.npz", arrays()))


@pytest.fixture
def use(monkeypatch):
    """A function that makes a data set the process's; None is Fashion-MNIST."""

    def use(dataset=None):
        monkeypatch.setattr(fashion_mnist, "_provided", [dataset or study])
        splits.validation_labels.cache_clear()  # of a process, which has one data set

    study = fashion_mnist.load()
    return use


@pytest.fixture
def store(database, shapes, use, tmp_path):  # noqa: ARG001 - the current store
    """A store with the same point of the same family on both data sets."""
    opened = open_store()
    for dataset, accuracy in ((None, OURS), (shapes, THEIRS)):
        use(dataset)
        with entry_run(opened, "search", "mlp_search", {runs.PRESET: "smoke"}) as run:
            record(run, plan_family(FAMILIES["mlp_search"], SMOKE).requests[0], accuracy, tmp_path)
    use()
    return opened


def key():
    """Of the trial that both data sets have."""
    return plan_family(FAMILIES["mlp_search"], SMOKE).requests[0].trial.key


def test_tables_finals_and_ensembles_see_one_data_set_at_a_time(store, shapes, use):
    everything = store.runs("tags.`fmnist.kind` = 'trial'")
    named = {run.key: run.tags.get(runs.DATA, "") for run in everything}
    keys = {}
    for dataset, accuracy in ((None, OURS), (shapes, THEIRS)):
        use(dataset)
        keys[dataset is None] = own = key()
        assert named.pop(own) == ("shapes" if dataset else "")
        assert store.finished_trials().keys() == {own}
        assert held.presets(store) == ["smoke"]
        assert choice.choose(FINAL, SMOKE, runs.SELECTED, store, QUIET).trial.key == own
        split = splits.describe(1_500, config.HOLDOUT, 0)
        assert [run.key for run in ensemble.candidates(split, "smoke", store)] == [own]
        tables = comparison.compare(store, SMOKE)
        (row,) = tables.frame("summary").to_dict("records")
        assert (row["family"], row["done"]) == ("mlp_search", 1)
        assert row["val_accuracy"].value == pytest.approx(accuracy, abs=0.07)
        assert ("published_val" in row) == (dataset is None)
        assert tables.tables["published"].empty == tables.tables["findings"].empty == bool(dataset)
    assert keys[True] != keys[False]
    assert not named


def test_without_its_tag_a_trial_of_other_data_stays_apart(store, shapes, use):
    (theirs,) = store.runs(f"tags.`{runs.DATA}` = 'shapes' AND tags.`fmnist.kind` = 'trial'")
    store.client.delete_tag(theirs.run_id, runs.DATA)
    assert theirs.key not in store.finished_trials()
    use(shapes)
    assert list(store.finished_trials()) == [theirs.key]


def test_bundles_and_requests_of_other_data_are_refused_without_them(shapes, use, tmp_path):
    use(shapes)
    (request, *_) = plan_family(FAMILIES["mlp_search"], SMOKE).requests
    folder = write(request, THEIRS, tmp_path / "left", epochs=2).folder
    request_file.write([request], tmp_path / "requests.json")
    assert len(ingest.find(folder)) == 1
    use()
    with pytest.raises(
        InvalidInput, match=r"the trial is of other data .*accepted is its own data, with"
    ):
        ingest.find(folder)
    paths = {"requests": tmp_path / "requests.json", "output": tmp_path / "trained"}
    with pytest.raises(
        InvalidInput, match=r"the trial is of other data .*accepted is its own data, with"
    ):
        train.run({**paths, "together": False})
    assert not (tmp_path / "trained").exists()


def add_version(store, run, tags):
    """A version of this data set's MLP that a run registered."""
    name = model_data.name_of(FINAL.registered_model)
    return registry.register(store, name, run.run_id, {runs.PRESET: "smoke", **tags}, "")


def add_final(store):
    """A final's run of the current data set's trial."""
    trial = store.finished_trials()[key()].trial
    with entry_run(store, "final", FINAL.name, {}) as run:
        run.log(tags=runs.chosen_tags(FINAL.name, trial, "made up"))
        run.log(metrics={TEST: 0.5, "parameters": 1.0})
    return run.record()


def test_models_of_other_data_have_names_and_a_gate_of_their_own(store, shapes, use):
    ours = add_version(store, add_final(store), model_data.tags())
    use(shapes)
    theirs = add_version(store, add_final(store), model_data.tags())
    assert (ours.name, theirs.name) == ("fmnist-mlp", "fmnist-mlp-shapes")
    assert model_data.identity_of(theirs) == shapes.identity
    assert model_data.identity_of(ours) == fashion_mnist.FASHION_MNIST
    use()
    with pytest.raises(InvalidInput, match=r"^fmnist-mlp-shapes version 1 is of shapes \(test set"):
        gate.candidate(store, theirs.name, theirs.run_id)
    # Somebody registers the other data's model as the study's, without a tag.
    disguised = store.client.create_model_version("fmnist-mlp", theirs.source, theirs.run_id)
    decision = gate.promote(store, disguised)
    assert decision.outcome == "refused"
    assert "is of other data than Fashion-MNIST" in decision.text
    assert history.read(store, "fmnist-mlp").current is None


def test_a_folder_of_that_name_with_other_images_gets_no_version(store, shapes, use, tmp_path):
    use(shapes)
    add_version(store, add_final(store), model_data.tags())
    others = other.read(write_npz(tmp_path / "shapes.npz", arrays(seed=1)))
    assert others.identity.name == shapes.identity.name
    use(others)
    before = len(store.runs(""))
    with pytest.raises(InvalidInput, match=r"^fmnist-mlp-shapes version 1 is of shapes \(test set"):
        finals.run_final(FINAL, SMOKE, runs.SELECTED, store, QUIET)
    assert len(store.runs("")) == before


@pytest.mark.parametrize("text", ["no JSON", "{}", json.dumps({"name": "x", "class_names": ["a"]})])
def test_a_damaged_tag_of_a_version_is_refused(text):
    version = SimpleNamespace(name="fmnist-mlp-x", version="1", tags={model_data.DATA_SET: text})
    with pytest.raises(InvalidInput, match=r"its tag fmnist\.data_set is not a data set's"):
        model_data.identity_of(version)
