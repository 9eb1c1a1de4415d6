"""Where runs land: in one experiment with a description and views, and in nobody else's."""

import pytest

from fmnist.files import PROJECT
from fmnist.tracking import home, views
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.store import open_store

FOREIGN = {"mlflow.source.name": "/somebody/else.py"}
# As `mlflow run` opens a run, before the verb starts.
OPENED = {"mlflow.source.name": PROJECT.as_uri(), "mlflow.source.type": "PROJECT"}
NOTE = "mlflow.note.content"


@pytest.fixture
def store(database):
    assert database.exists()
    return open_store()


def name_of(experiment, store):
    return store.client.get_experiment(experiment).name


def test_on_a_fresh_store_whatever_starts_a_run_it_lands_in_one_furnished_experiment(store):
    with entry_run(store, "compare", "compare", {}) as run:
        assert name_of(run.experiment_id, store) == "fashion-mnist"
    store.client.create_run("0", tags=OPENED)
    assert home.settle(store, "0") == run.experiment_id == "0"
    tags = store.client.get_experiment("0").tags
    assert tags.keys() >= views.tags().keys()
    for key, view in views.VIEWS.items():
        assert f"[{view.name}]({views.page(key, '0')})" in tags[NOTE]


def test_runs_that_mlflow_run_opened_in_an_older_store_are_ours(store):
    store.client.create_run("0", tags={"fmnist.kind": "trial"})
    store.client.create_run("0", tags=OPENED)
    assert home.settle(store, "0") == home.settle(store) == "0"
    assert name_of("0", store) == "fashion-mnist"


def test_an_experiment_with_runs_of_others_is_left_alone(store):
    store.client.create_run("0", tags=OPENED)
    foreign = store.client.create_run("0", tags=FOREIGN).info.run_id
    store.client.delete_run(foreign)  # it may be restored
    assert home.settle(store, "0") == "0"
    own = home.settle(store)
    assert (name_of(own, store), name_of("0", store)) == ("fashion-mnist", "Default")
    assert store.client.get_experiment("0").tags == {}
    assert store.client.get_experiment(own).tags.keys() >= views.tags().keys()


def test_an_empty_default_beside_others_experiments_is_left_alone(store):
    store.client.create_experiment("theirs")
    assert name_of(home.settle(store), store) == "fashion-mnist"
    assert name_of("0", store) == "Default"


def test_nothing_is_renamed_on_a_server(store, monkeypatch):
    monkeypatch.setattr(home, "tracking_uri", lambda: "http://127.0.0.1:8080")
    store.client.create_run("0", tags=OPENED)
    assert home.settle(store, "0") == "0"
    assert home.settle(store) != "0"
    assert name_of("0", store) == "Default"


def test_an_experiment_that_a_variable_names_is_used_and_furnished(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    mine = home.settle(store)
    assert (name_of(mine, store), name_of("0", store)) == ("mine", "Default")
    assert NOTE in store.client.get_experiment(mine).tags
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", store.client.create_experiment("by id"))
    assert name_of(home.settle(store), store) == "by id"


def test_what_a_person_deleted_or_wrote_stays_and_new_views_are_shipped(store, monkeypatch):
    experiment = home.settle(store)
    deleted = next(iter(views.tags()))
    store.client.delete_experiment_tag(experiment, deleted)
    store.client.set_experiment_tag(experiment, NOTE, "ours now")
    home.settle(store)
    assert deleted not in store.client.get_experiment(experiment).tags
    monkeypatch.setattr(views, "tags", lambda: {f"{views.TAG}new": "a view"})
    home.settle(store)
    tags = store.client.get_experiment(experiment).tags
    assert (tags[f"{views.TAG}new"], tags[NOTE]) == ("a view", "ours now")
