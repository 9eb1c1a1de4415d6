"""What this machine's processor can do."""

from pathlib import Path

# Linux's names of the instructions that multiply bfloat16 numbers.
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def processor_flags() -> frozenset[str]:
    """The processor's features, as Linux names them; none where it does not say."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    found = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(found.partition(":")[2].split())


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers itself."""
    return bool(BFLOAT16_FLAGS & processor_flags())
