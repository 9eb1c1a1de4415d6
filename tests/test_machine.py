"""How busy the machine is, recorded with the epochs of long trials; the limits are lowered here."""

from rich.console import Console

from entrypoints.search import run_family
from fmnist import machine
from fmnist.machine import SystemMetrics
from fmnist.study.options import Options
from fmnist.tracking import runs

NAMES = {
    "system/cpu_utilization_percentage",
    "system/system_memory_usage_megabytes",
    "system/system_memory_usage_percentage",
}


def test_a_trials_first_minute_has_no_samples():
    assert SystemMetrics().sample() == {}


def test_samples_are_at_least_an_interval_apart(monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)
    samples = SystemMetrics()
    sample = samples.sample()
    assert sample.keys() == NAMES
    assert 0 <= sample["system/cpu_utilization_percentage"] <= 100
    assert 0 < sample["system/system_memory_usage_percentage"] < 100
    assert samples.sample() == {}


def test_a_long_trials_run_has_samples_beside_its_curves(study_copy, monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)
    monkeypatch.setattr(machine, "INTERVAL_SECONDS", 0)
    store = study_copy.use(monkeypatch)
    run_family("mlp_baseline", Options(preset="smoke", seed=1), store, Console(quiet=True))
    newest = max(runs.finished(store.trials()).values(), key=lambda run: run.start_time)
    for name in NAMES:
        steps = [point.step for point in store.client.get_metric_history(newest.run_id, name)]
        assert sorted(steps) == [0, 1]
