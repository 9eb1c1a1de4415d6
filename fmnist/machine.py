"""The machine: its hardware, its processes, and how busy it is while a trial trains.

MLflow's own monitor of system metrics does not fit here. It queries the tracking store before each
sample, stops at the first failure, and needs the store's address, which a Ray worker does not have.
So samples travel with each epoch's metrics instead, under the names that MLflow's monitor uses.
"""

import os
import platform
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

# Linux's names for the instructions that multiply bfloat16 numbers.
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def processor_name() -> str:
    """The processor's model as Linux names it; on other systems, its architecture."""
    return _cpuinfo("model name") or platform.machine()


def threads() -> str:
    """How many threads one operation may use. The bits of a convolution's sums depend on it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return os.environ.get("TF_NUM_INTRAOP_THREADS") or str(usable)


def processor_flags() -> frozenset[str]:
    """The processor's features as Linux names them; empty on other systems."""
    return frozenset(_cpuinfo("flags").split())


def _cpuinfo(field: str) -> str:
    """A field of the first processor in Linux's /proc/cpuinfo; empty on other systems."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.is_file() else []
    found = next((line for line in lines if line.startswith(field)), "")
    return found.partition(":")[2].strip()


def has_nvidia_gpu() -> bool:
    """Whether Linux has a driver with an NVIDIA GPU. This needs no backend."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))


def has_bfloat16() -> bool:
    """Whether the processor has instructions that multiply bfloat16 numbers."""
    return bool(BFLOAT16_FLAGS & processor_flags())


def owner() -> str:
    """Identify the current process uniquely: host, boot, process number, start time, namespace."""
    process = psutil.Process()
    named = f"{socket.gethostname()} {_boot()} {process.pid} {_started(process)}"
    return f"{named} {_namespace()}".strip()


def _started(process: psutil.Process) -> str:
    """Seconds from the machine's boot to the process's start, which no step of the clock moves."""
    return f"{process.create_time() - psutil.boot_time():.2f}"


def _namespace() -> str:
    """Linux's identifier of the process namespace, which each container has its own of."""
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid").removeprefix("pid:[").removesuffix("]")
    return ""


def _boot() -> str:
    """Linux's identifier of the machine's last boot; on other systems, the boot's time."""
    identity = Path("/proc/sys/kernel/random/boot_id")
    return (
        identity.read_text("utf-8").strip() if identity.is_file() else f"{psutil.boot_time():.0f}"
    )


def is_gone(described: str, elsewhere: bool) -> bool:
    """Whether the process that `owner` described has ended.

    Processes of other machines and of other containers cannot be seen from here: for them the
    answer is `elsewhere`. Older descriptions lack the namespace, so they do not name a container.
    """
    host, boot, pid, started, namespace = (described.split(" ") + [""] * 5)[:5]
    if host != socket.gethostname() or not pid or (namespace and namespace != _namespace()):
        return elsewhere
    try:
        process = psutil.Process(int(pid))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return ended or boot != _boot() or _started(process) != started
    except psutil.NoSuchProcess:
        return True


# The first sample is due after a minute, so short trials have none and longer ones few.
FIRST_SECONDS = 60.0
INTERVAL_SECONDS = 10.0


class SystemMetrics:
    """Samples the machine while one trial trains; GPUs too, if the trial uses them."""

    def __init__(self, on_gpu: bool = False) -> None:
        psutil.cpu_percent()  # each call gives the mean since the one before
        self._nvml: Any = _nvml() if on_gpu else None
        self._gpus = _gpus(self._nvml) if self._nvml else ()
        self._due_at = time.monotonic() + FIRST_SECONDS

    def sample(self) -> dict[str, float]:
        """The use of the whole machine's processors, memory and GPUs; empty before it is due.

        Each name ends with its unit: percentage, megabytes or watts.
        """
        if time.monotonic() < self._due_at:
            return {}
        self._due_at = time.monotonic() + INTERVAL_SECONDS
        memory = psutil.virtual_memory()
        return {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / 1e6,
            "system_memory_usage_percentage": memory.percent,
            **self._sample_gpus(),
        }

    def _sample_gpus(self) -> dict[str, float]:
        """Memory, utilization and power of each GPU, without what the GPU does not report."""
        found: dict[str, float] = {}
        for index, gpu in enumerate(self._gpus):
            for read in (_gpu_memory, _gpu_utilization, _gpu_power):
                with suppress(self._nvml.NVMLError, ZeroDivisionError):
                    values = read(self._nvml, gpu)
                    found |= {f"gpu_{index}_{name}": value for name, value in values.items()}
        return found


def _nvml() -> Any:
    """NVIDIA's management library; None if it is not installed or finds no driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _gpus(nvml: Any) -> Sequence[Any]:
    """The GPUs that this process may use, in its own order: a trial's only GPU is number 0."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    with suppress(nvml.NVMLError):
        numbers = range(nvml.nvmlDeviceGetCount()) if visible is None else visible.split(",")
        return [_gpu(nvml, str(number).strip()) for number in numbers]
    return ()


def _gpu(nvml: Any, named: str) -> Any:
    """A GPU by its number or its identifier ("GPU-...", "MIG-...")."""
    if named.isdecimal():
        return nvml.nvmlDeviceGetHandleByIndex(int(named))
    return nvml.nvmlDeviceGetHandleByUUID(named)


def _gpu_memory(nvml: Any, gpu: Any) -> dict[str, float]:
    memory = nvml.nvmlDeviceGetMemoryInfo(gpu)
    return {
        "memory_usage_percentage": round(memory.used / memory.total * 100, 1),
        "memory_usage_megabytes": memory.used / 1e6,
    }


def _gpu_utilization(nvml: Any, gpu: Any) -> dict[str, float]:
    return {"utilization_percentage": float(nvml.nvmlDeviceGetUtilizationRates(gpu).gpu)}


def _gpu_power(nvml: Any, gpu: Any) -> dict[str, float]:
    watts = nvml.nvmlDeviceGetPowerUsage(gpu) / 1000
    limit = nvml.nvmlDeviceGetEnforcedPowerLimit(gpu) / 1000
    return {"power_usage_watts": watts, "power_usage_percentage": watts / limit * 100}
