"""What tables take from this machine, and what they fetch from a real store."""

import json
import os
import time

import pytest

from fmnist.data import fashion_mnist
from fmnist.tracking import record_cache
from fmnist.tracking.record_cache import finished_trials
from fmnist.tracking.runs import KIND

HOUR = 3_600_000


@pytest.fixture
def store(place, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "cache_folder", lambda: place.folder / "cache")
    return place.use(monkeypatch)


def add(store, hours_ago, status="FINISHED"):
    """A trial's run that started some hours ago; returns its id."""
    start = time.time_ns() // 1_000_000 - hours_ago * HOUR
    run = store.client.create_run("0", start_time=start, tags={KIND: "trial"})
    if status != "RUNNING":
        store.client.set_terminated(run.info.run_id, status)
    return run.info.run_id


def found(store):
    return {run.run_id for run in finished_trials(store)}


def test_the_second_time_only_what_is_new_is_fetched(store):
    old, recent = add(store, 5), add(store, 3)
    assert found(store) == {old, recent}
    store.client.set_tag(old, "seen", "no")
    new = add(store, 0)
    runs = {run.run_id: run for run in finished_trials(store)}
    assert runs.keys() == {old, recent, new}
    assert "seen" not in runs[old].tags


def test_a_trial_that_was_at_work_counts_once_it_has_finished(store):
    at_work, killed, done = add(store, 9, "RUNNING"), add(store, 9, "KILLED"), add(store, 1)
    assert found(store) == {done}
    for run_id in (at_work, killed):  # a killed one, if its bundle was waiting on disk
        store.client.set_terminated(run_id, "FINISHED")
    assert found(store) == {at_work, killed, done}


def test_a_deleted_trial_is_gone_and_a_restored_one_is_back(store):
    kept, deleted = add(store, 1), add(store, 5)
    assert found(store) == {kept, deleted}
    store.client.delete_run(deleted)
    assert found(store) == {kept}
    store.client.restore_run(deleted)
    assert found(store) == {kept, deleted}


def test_another_store_at_the_same_address_is_not_taken_for_the_first(store):
    run = add(store, 5)
    assert found(store) == {run}
    (cached,) = (fashion_mnist.cache_folder() / "records").iterdir()
    snapshot = json.loads(cached.read_text())
    assert len(snapshot["finished"]) == 1
    store.client.set_tag(run, "seen", "yes")
    cached.write_text(json.dumps(snapshot | {"experiments": {"0": 1}}))  # made in 1970
    assert finished_trials(store)[0].tags["seen"] == "yes"


@pytest.mark.parametrize(
    "damage", ["", "[]", f'{{"format": {record_cache.FORMAT}}}', '{"format": 0}']
)
def test_what_cannot_be_read_is_fetched_again(store, damage):
    run = add(store, 1)
    assert found(store) == {run}
    (cached,) = (fashion_mnist.cache_folder() / "records").iterdir()
    cached.write_text(damage)
    assert found(store) == {run}


def test_everything_is_fetched_again_after_a_day(store, monkeypatch):
    run = add(store, 5)
    assert found(store) == {run}
    store.client.set_tag(run, "seen", "yes")
    monkeypatch.setattr(record_cache, "MAXIMUM_AGE_SECONDS", 0)
    assert finished_trials(store)[0].tags["seen"] == "yes"


def test_what_no_table_will_read_again_is_removed(store):
    folder = fashion_mnist.cache_folder() / "records"
    folder.mkdir(parents=True)
    for name in ("old.json", "recent.json"):
        (folder / name).touch()
    os.utime(folder / "old.json", (0, 0))
    add(store, 1)
    finished_trials(store)
    names = {path.name for path in folder.iterdir()}
    assert "recent.json" in names
    assert "old.json" not in names
    assert len(names) == 2
