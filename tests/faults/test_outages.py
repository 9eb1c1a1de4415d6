"""The tracking server or its database goes away during a search, and comes back or does not."""

import time
from contextlib import ExitStack, contextmanager

import pytest
from mlflow.tracking import MlflowClient

from faults.conftest import make_place
from faults.servers import postgres, tracking_server
from faults.support import THREE, done, in_a_trial, running, statuses, until
from fmnist.tracking.store import Store, open_store

CURVES = (
    "loss", "sparse_categorical_accuracy", "val_loss", "val_sparse_categorical_accuracy",
    "learning_rate",
)  # fmt: skip
# Python runs this file as the search starts; a trial's seed is read in every epoch. The machine's
# samples, usually those of trials of over a minute, are in every epoch too.
SAMPLED = "system/cpu_utilization_percentage"
SLOW = """
import time
from fmnist import machine
from fmnist.study.trial import Trial

machine.FIRST_SECONDS = machine.INTERVAL_SECONDS = 0

seed = Trial.seed.fget

def slow(trial):
    time.sleep({seconds})
    return seed(trial)

Trial.seed = property(slow)
"""


@contextmanager
def slow_search(prepared, folder, seconds_per_epoch, epochs):
    """A search in its first trial, its server, and the store behind that."""
    folder.mkdir()
    place = make_place(prepared, folder)
    (folder / "sitecustomize.py").write_text(SLOW.format(seconds=seconds_per_epoch))
    path = f"{folder}:{place.environment['PYTHONPATH']}"
    backend = place.environment["MLFLOW_TRACKING_URI"]
    store = Store(MlflowClient(backend))
    arguments = (*THREE, "--epochs", str(epochs))
    with (
        tracking_server(backend, folder) as server,
        running(
            place.start("mlp_search", *arguments, MLFLOW_TRACKING_URI=server.uri, PYTHONPATH=path)
        ) as search,
    ):
        until(in_a_trial(store))
        yield store, server, search


def assert_complete(store, *others):
    """Every trial was trained once, and has every row of every curve."""
    assert statuses(store) == {"FINISHED": 3}
    for run in store.trials():
        assert run.attempt == 1
        for name in (*CURVES, *others):
            steps = [point.step for point in store.client.get_metric_history(run.run_id, name)]
            assert sorted(steps) == list(range(int(run.metrics["epochs_run"])))


@pytest.mark.long
def test_a_server_that_goes_away_costs_no_row_and_no_trial(place, store):
    backend = place.environment["MLFLOW_TRACKING_URI"]
    with tracking_server(backend, place.folder) as server:
        address = {"MLFLOW_TRACKING_URI": server.uri}
        with running(place.start("mlp_search", *THREE, **address)) as search:
            until(in_a_trial(store))
            server.kill()
            time.sleep(2)
            server.start()
            until(done(store, 1))  # while the search goes on
            server.kill()
            out, err = search.communicate()
        assert search.returncode == 1
        assert "finished trials wait on disk for the tracking store" in out
        assert "Traceback" not in err
        server.start()
        again = place.run("mlp_search", *THREE, **address)
    assert again.returncode == 0, again.stderr
    assert "Trials recorded that an earlier search left on disk: " in again.stdout
    assert "trials 3, done 3, missing 0" in again.stdout
    assert_complete(store)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_outages_of_60_and_of_300_seconds_cost_no_row_and_no_trial(prepared, tmp_path):
    with ExitStack() as at_once:
        short = at_once.enter_context(slow_search(prepared, tmp_path / "60", 1.5, epochs=30))
        long = at_once.enter_context(slow_search(prepared, tmp_path / "300", 5.0, epochs=24))
        for _, server, _ in (short, long):
            server.kill()
        time.sleep(60)
        short[1].start()
        time.sleep(240)
        long[1].start()
        for store, _, search in (short, long):
            _, err = search.communicate()
            assert search.returncode == 0, err
            assert_complete(store, SAMPLED)


@pytest.mark.long
def test_a_database_that_is_killed_costs_no_row_and_no_trial(place, monkeypatch):
    with postgres() as database, tracking_server(database.uri, place.folder) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", database.uri)
        store = open_store()
        with running(place.start("mlp_search", *THREE, MLFLOW_TRACKING_URI=server.uri)) as search:
            until(in_a_trial(store))
            database.kill()
            time.sleep(5)
            database.start()
            _, err = search.communicate()
        assert search.returncode == 0, err
        assert_complete(open_store())
