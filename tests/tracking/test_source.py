"""What MLflow's pages show of a trial: where its code came from, its group, its metrics."""

import dataclasses

import pytest
from synthetic import write

from fmnist.study import metrics, plan
from fmnist.study.families import FAMILIES
from fmnist.study.naming import configuration
from fmnist.study.options import Options
from fmnist.tracking import recorder, runs, source
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.outbox import record_bundle
from fmnist.training.events import Finished, Started

COMMIT = "a" * 40
OF_PROJECT = {
    "mlflow.source.name": "https://example.com/fmnist",
    "mlflow.source.type": "PROJECT",
    "mlflow.project.entryPoint": "mlp_capacity",
}


@pytest.fixture
def store(place, monkeypatch):
    return place.use(monkeypatch)


@pytest.fixture
def left(tmp_path):
    """What a trial left where another commit was, and the machine was sampled."""
    (request, *_) = plan.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    made = write(request, 0.8, tmp_path)
    environment = made.record.environment | {"commit": f"{COMMIT}-dirty"}
    sampled = [{}, {"gpu_0_utilization_percentage": 90.0}]
    record = dataclasses.replace(made.record, environment=environment, machine=sampled)
    return dataclasses.replace(made, record=record)


def test_a_recorded_bundle_has_the_commit_that_trained_and_its_searchs_source(store, left):
    with entry_run(store, "search", "mlp_capacity", OF_PROJECT) as run:
        record_bundle(store, left, run.run_id)
    (trial,) = store.trials()
    assert OF_PROJECT.items() <= trial.tags.items()
    assert trial.tags["mlflow.source.git.commit"] == COMMIT
    assert trial.tags["mlflow.user"]


def test_a_trial_that_runs_has_the_source_and_commit_of_this_code(store, left):
    request = left.record.request
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        for known in (COMMIT, "unknown"):
            store.start_trial(request, run.run_id, run.experiment_id, known)
            request = dataclasses.replace(request, attempt=request.attempt + 1)
    first, second = sorted(store.trials(), key=lambda run: run.attempt)
    assert first.tags["mlflow.source.git.commit"] == COMMIT
    assert "mlflow.source.git.commit" not in second.tags
    assert first.tags["mlflow.source.type"] == "LOCAL"
    assert first.tags["mlflow.source.name"] == str(source.PROJECT)


def test_changed_files_are_kept_once_for_a_search(store, left, monkeypatch):
    monkeypatch.setattr(source, "commit", lambda: f"{COMMIT}-dirty")
    keep, calls = source.keep_changes, []
    monkeypatch.setattr(source, "keep_changes", lambda *given: calls.append(keep(*given)))
    for text, kept in (("-one\n+two\n", ["changes.diff"]), ("+" * source.MAXIMUM_BYTES, [])):
        monkeypatch.setattr(source, "changes", lambda text=text: text)
        with (
            entry_run(store, "search", "mlp_capacity", {}) as run,
            recorder.Recorder(run) as recording,
        ):
            recording(Started(left.record.request))
            recording(Started(dataclasses.replace(left.record.request, attempt=2)))
        assert [item.path for item in store.client.list_artifacts(run.run_id)] == kept
    assert len(calls) == 2  # once for each search


def test_all_seeds_of_a_configuration_share_a_tag_and_a_param(store, tmp_path):
    options = Options(preset="smoke", replicates=2)
    requests = plan.plan_family(FAMILIES["mlp_capacity"], options).requests
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        for request in requests:
            record_bundle(store, write(request, 0.8, tmp_path), run.run_id)
    names: dict[str, set[str]] = {}
    for trial in store.trials():
        name = trial.tags[runs.CONFIGURATION]
        names.setdefault(trial.trial.configuration_key, set()).add(name)
        assert store.client.get_run(trial.run_id).data.params[runs.CONFIGURATION] == name
    assert len(store.trials()) == 2 * len(names)
    assert all(len(found) == 1 for found in names.values())
    assert {"128-64 dropout=0.2 epochs=2 samples=1500"} in names.values()


def test_no_two_configurations_have_one_name():
    presets = [Options(preset=preset) for preset in ("paper", "quick")]
    named: dict[str, str] = {}
    for options in (*presets, Options(seed=7), Options(epochs=10)):
        for family in FAMILIES.values():
            for request in plan.plan_family(family, options).requests:
                key = request.trial.configuration_key
                assert named.setdefault(configuration(request.trial), key) == key


def test_a_run_holds_grouped_metrics_and_a_record_of_it_ours(store, left):
    with (
        entry_run(store, "search", "mlp_capacity", {}) as run,
        recorder.Recorder(run) as recording,
    ):
        recording(Finished(left.record.request, left))
    (trial,) = store.trials()
    held = store.client.get_run(trial.run_id).data.metrics
    assert {"best/val_loss", "last/loss", "cost/parameters", "val_loss"} <= held.keys()
    (sample,) = store.client.get_metric_history(trial.run_id, "system/gpu_0_utilization_percentage")
    assert (sample.value, sample.step) == (90.0, 1)
    for name, copy in metrics.COPIES.items():
        history = store.client.get_metric_history(trial.run_id, copy)
        assert [point.value for point in history] == store.curve(trial.run_id, name)
    kept = left.record.summary.keys() - metrics.NOT_IN_RUNS
    assert kept <= trial.metrics.keys()
    assert not any(map(metrics.is_copy, trial.metrics))
    store.client.log_metric(run.run_id, metrics.CRITERION, 0.9)  # as runs of before hold it
    assert store.with_id(run.run_id)[0].metrics == {metrics.CRITERION: 0.9}
