"""The processor of the machine: its name, its features, its threads."""

import os
import platform
from pathlib import Path

# Linux's names of the instructions that multiply bfloat16 numbers.
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def processor_name() -> str:
    """The processor's model, as Linux names it, or its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def threads() -> str:
    """How many threads an operation may use: a convolution's sums depend on it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return os.environ.get("TF_NUM_INTRAOP_THREADS") or str(usable)


def processor_flags() -> frozenset[str]:
    """The processor's features, as Linux names them; none where it does not say."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    found = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(found.partition(":")[2].split())


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers itself."""
    return bool(BFLOAT16_FLAGS & processor_flags())
