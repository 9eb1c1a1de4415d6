"""Hardware, processes, and how busy it is while a trial trains.

MLflow's own monitor asks the tracking store before each sample, ends at the first answer that does
not come, and needs the store's address, which a Ray worker does not have. So epochs carry samples
like their other metrics; the names are MLflow's, which shows them in a tab of their own.
"""

import os
import platform
import socket
import time
from pathlib import Path

import psutil

# Linux's names of the instructions that multiply bfloat16 numbers.
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def processor_name() -> str:
    """The processor's model, as Linux names it, or its architecture."""
    return _cpuinfo("model name") or platform.machine()


def threads() -> str:
    """How many threads an operation may use: a convolution's sums depend on it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return os.environ.get("TF_NUM_INTRAOP_THREADS") or str(usable)


def processor_flags() -> frozenset[str]:
    """The processor's features, as Linux names them; none where it does not say."""
    return frozenset(_cpuinfo("flags").split())


def _cpuinfo(field: str) -> str:
    """What Linux says of the first processor; nothing elsewhere."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.is_file() else []
    found = next((line for line in lines if line.startswith(field)), "")
    return found.partition(":")[2].strip()


def has_nvidia_gpu() -> bool:
    """Whether a driver offers an NVIDIA GPU, as Linux tells without a backend."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers itself."""
    return bool(BFLOAT16_FLAGS & processor_flags())


def user() -> str:
    """Who works here: as the tracking server knows them, or else the operating system."""
    return os.environ.get("MLFLOW_TRACKING_USERNAME") or psutil.Process().username()


def owner() -> str:
    """The current process, as no other: host, boot, process number, its start."""
    process = psutil.Process()
    return f"{socket.gethostname()} {_boot()} {process.pid} {process.create_time():.2f}"


def _boot() -> str:
    """The machine's boot, as Linux identifies it; else when it was."""
    identity = Path("/proc/sys/kernel/random/boot_id")
    return (
        identity.read_text("utf-8").strip() if identity.is_file() else f"{psutil.boot_time():.0f}"
    )


def is_gone(described: str, elsewhere: bool) -> bool:
    """Whether a process of this machine has ended; of other machines it is `elsewhere`."""
    host, boot, pid, started = (described.split(" ") + [""] * 4)[:4]
    if host != socket.gethostname() or not pid:
        return elsewhere
    try:
        process = psutil.Process(int(pid))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return ended or boot != _boot() or f"{process.create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True


# A trial that ends sooner has none, and a longer one few.
FIRST_SECONDS = 60.0
INTERVAL_SECONDS = 10.0


class SystemMetrics:
    """The samples of one trial, from its start on."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # each call gives the mean since the one before
        self._due_at = time.monotonic() + FIRST_SECONDS

    def sample(self) -> dict[str, float]:
        """Processor and memory of the whole machine; nothing if it is not time yet."""
        if time.monotonic() < self._due_at:
            return {}
        self._due_at = time.monotonic() + INTERVAL_SECONDS
        memory = psutil.virtual_memory()
        return {
            "system/cpu_utilization_percentage": psutil.cpu_percent(),
            "system/system_memory_usage_megabytes": memory.used / 1e6,
            "system/system_memory_usage_percentage": memory.percent,
        }
