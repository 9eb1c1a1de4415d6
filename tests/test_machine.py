"""How busy the machine is, recorded with the epochs of long trials; the limits are lowered here."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

from entrypoints.search import run_family
from fmnist import machine
from fmnist.machine import SystemMetrics
from fmnist.study.options import Options
from fmnist.tracking import runs

NAMES = {
    "cpu_utilization_percentage",
    "system_memory_usage_megabytes",
    "system_memory_usage_percentage",
}
GPU = {
    "gpu_0_memory_usage_percentage": 25.0,
    "gpu_0_memory_usage_megabytes": 2_000.0,
    "gpu_0_utilization_percentage": 90.0,
    "gpu_0_power_usage_watts": 350.0,
    "gpu_0_power_usage_percentage": 50.0,
}


def test_a_trials_first_minute_has_no_samples():
    assert SystemMetrics().sample() == {}


def test_samples_are_at_least_an_interval_apart(monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)
    samples = SystemMetrics()
    sample = samples.sample()
    assert sample.keys() == NAMES
    assert 0 <= sample["cpu_utilization_percentage"] <= 100
    assert 0 < sample["system_memory_usage_percentage"] < 100
    assert samples.sample() == {}


def test_a_long_trials_run_has_samples_beside_its_curves(study_copy, monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)
    monkeypatch.setattr(machine, "INTERVAL_SECONDS", 0)
    store = study_copy.use(monkeypatch)
    run_family("mlp_baseline", Options(preset="smoke", seed=1), store, Console(quiet=True))
    newest = max(runs.finished(store.trials()).values(), key=lambda run: run.start_time)
    for name in NAMES:
        points = store.client.get_metric_history(newest.run_id, f"system/{name}")
        assert sorted(point.step for point in points) == [0, 1]


class Nvml(ModuleType):
    """NVIDIA's library on a machine of two GPUs, which has lost the power meter of the second."""

    class NVMLError(Exception):
        pass

    def nvmlInit(self):  # noqa: N802 - the library's
        pass

    def nvmlDeviceGetCount(self):  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return index

    def nvmlDeviceGetMemoryInfo(self, _gpu):  # noqa: N802
        return SimpleNamespace(used=2e9, total=8e9)

    def nvmlDeviceGetUtilizationRates(self, _gpu):  # noqa: N802
        return SimpleNamespace(gpu=90)

    def nvmlDeviceGetPowerUsage(self, gpu):  # noqa: N802
        if gpu == 1:
            raise self.NVMLError
        return 350_000

    def nvmlDeviceGetEnforcedPowerLimit(self, _gpu):  # noqa: N802
        return 700_000


@pytest.fixture
def nvml(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", Nvml("pynvml"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)


@pytest.mark.usefixtures("nvml")
def test_a_trial_on_a_gpu_has_its_samples_too_under_the_names_of_mlflows_monitor(monkeypatch):
    sample = SystemMetrics(on_gpu=True).sample()
    assert GPU.items() <= sample.items()
    of_second = {name.removeprefix("gpu_1_") for name in sample if name.startswith("gpu_1")}
    assert of_second == {name.removeprefix("gpu_0_") for name in GPU if "power" not in name}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")  # the trial's only one is its number 0
    only = SystemMetrics(on_gpu=True).sample()
    assert only.keys() == sample.keys() - {name for name in sample if name.startswith("gpu_1")} - {
        name for name in GPU if "power" in name
    }
    assert SystemMetrics(on_gpu=False).sample().keys() == NAMES


def test_without_nvidias_library_there_are_no_samples_of_gpus(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0)
    assert SystemMetrics(on_gpu=True).sample().keys() == NAMES


def test_a_process_of_another_container_is_not_taken_for_one_that_is_gone(monkeypatch):
    mine = machine.owner()
    host, boot, pid, _started, *namespace = mine.split()
    assert not machine.is_gone(mine, elsewhere=True)
    ended = f"{host} {boot} {pid} 0.00"  # as before, without a namespace
    assert machine.is_gone(ended, elsewhere=False)
    assert machine.is_gone(" ".join([ended, *namespace]), elsewhere=False)
    monkeypatch.setattr(machine, "_namespace", lambda: "another")
    if namespace:  # on Linux
        assert not machine.is_gone(mine, elsewhere=False)
        assert not machine.is_gone(" ".join([ended, *namespace]), elsewhere=False)
        assert machine.is_gone(mine, elsewhere=True)  # asked to close those of others as well
