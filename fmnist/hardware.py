"""The processor of the machine: its name, its features, its threads."""

import os
import platform
from pathlib import Path

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
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    found = next((line for line in lines if line.startswith(field)), "")
    return found.partition(":")[2].strip()


def has_nvidia_gpu() -> bool:
    """Whether a driver offers an NVIDIA GPU, as Linux tells without a backend."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers itself."""
    return bool(BFLOAT16_FLAGS & processor_flags())
