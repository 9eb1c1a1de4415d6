"""What earlier searches left on disk is recorded, whatever lies beside it."""

import json
import sqlite3

import pytest
from synthetic import write

from entrypoints import ingest
from fmnist.errors import InvalidInput
from fmnist.study import plan
from fmnist.study.families import FAMILIES
from fmnist.study.options import Options
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.outbox import record_bundle, record_waiting
from fmnist.training import bundle


def test_a_bundle_that_cannot_be_read_stays_and_keeps_no_other_waiting(
    place, monkeypatch, tmp_path
):
    store, outbox = place.use(monkeypatch), tmp_path / "outbox"
    good, bad = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    for request in (good, bad):
        write(request, 0.8, outbox / "earlier")
    damaged = outbox / "earlier" / bad.trial.key
    (damaged / "record.json").write_text("")
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        recorded, (line,) = record_waiting(run, outbox)
        assert recorded == 1
        assert line.startswith(f"{damaged}: ")
        assert record_waiting(run, outbox) == (0, [line])
    assert runs.finished(store.trials()).keys() == {good.trial.key}


def test_a_bundle_that_the_store_refuses_stays_and_keeps_no_other_waiting(
    place, monkeypatch, tmp_path
):
    store, outbox = place.use(monkeypatch), tmp_path / "outbox"
    requests = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    first, last = sorted(requests, key=lambda request: request.trial.key)
    for request in (first, last):
        write(request, 0.8, outbox / "earlier")
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        # Of an attempt that another version of the project began, with other params.
        begun = store.start_trial(first, run.run_id, run.experiment_id)
        with sqlite3.connect(place.folder / "mlflow.db") as database:
            database.execute("UPDATE params SET value = 'other' WHERE run_uuid = ?", (begun,))
        recorded, (line,) = record_waiting(run, outbox)
    assert recorded == 1
    assert line.startswith(f"{outbox / 'earlier' / first.trial.key}: MlflowException: ")
    assert runs.finished(store.trials()).keys() == {last.trial.key}


def test_what_was_ingested_meanwhile_is_not_recorded_again(place, monkeypatch, tmp_path):
    store, outbox = place.use(monkeypatch), tmp_path / "outbox"
    (request, *_) = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    left = write(request, 0.8, outbox / "earlier")
    with entry_run(store, "ingest", "ingest", {}) as run:
        record_bundle(store, left, run.run_id)
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        record_waiting(run, outbox)
    assert len(store.trials()) == 1
    assert not (outbox / "earlier").exists()


def test_what_is_recorded_of_a_done_key_counts_after_it_whenever_it_ended(
    place, monkeypatch, tmp_path
):
    store = place.use(monkeypatch)
    (request, *_) = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    early, late = (write(request, 0.8, tmp_path / name) for name in ("early", "late"))
    late.record.timestamps[:] = [time + 3_600_000 for time in early.record.timestamps]
    counted = []
    for left in (late, early):
        with entry_run(store, "search", "mlp_capacity", {}) as run:
            record_bundle(store, left, run.run_id)
        counted.append(runs.finished(store.trials())[request.trial.key].run_id)
    assert len(store.trials()) == 2
    assert counted[0] == counted[1]


def test_a_bundle_that_was_put_there_by_itself_is_left_alone(place, monkeypatch, tmp_path):
    store = place.use(monkeypatch)
    (request, *_) = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    left = write(request, 0.8, tmp_path / "outbox")
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        assert record_waiting(run, tmp_path / "outbox") == (0, [])
    assert bundle.read(left.folder).record == left.record


@pytest.mark.parametrize("name", ["timestamps", "curves", "summary"])
def test_a_bundle_whose_record_lacks_a_part_is_refused_in_a_line(tmp_path, name):
    (request, *_) = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    left = write(request, 0.8, tmp_path)
    fields = json.loads((left.folder / bundle.RECORD).read_text())
    (left.folder / bundle.RECORD).write_text(json.dumps(fields | {name: None}))
    with pytest.raises(InvalidInput) as refusal:
        ingest.find(tmp_path)
    assert str(refusal.value).startswith(f"{left.folder}: ")
    assert "\n" not in str(refusal.value)
