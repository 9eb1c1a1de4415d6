"""Where a trial runs: versions, backend, hardware, commit."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version

import numpy as np

from fmnist import machine
from fmnist.files import PROJECT
from fmnist.training import bundle
from fmnist.training.backend import keras


def has_gpu() -> bool:
    """Whether the backend computes on a GPU; compiling with XLA pays only there."""
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())


def gpu_names() -> str:
    """The models of the GPUs that the backend computes on; nothing if there are none."""
    if not has_gpu():
        return ""
    if keras.backend.backend() == "jax":
        import jax

        names = {device.device_kind for device in jax.devices()}
    else:
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        names = {
            details(gpu).get("device_name", "GPU") for gpu in tf.config.list_physical_devices("GPU")
        }
    return ", ".join(sorted(names))


UNKNOWN = "unknown"


@cache
def environment() -> dict[str, str]:
    """Where a trial runs: versions, backend, hardware."""
    backend, gpu = keras.backend.backend(), gpu_names()
    return {
        "backend": backend,
        "keras": keras.__version__,
        backend: version(backend),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": machine.processor_name(),
        "cores": str(os.cpu_count()),
        "threads": machine.threads(),
        "devices": ", ".join(keras.distribution.list_devices()),
        **({"gpu": gpu} if gpu else {}),
        "commit": commit(),
        "requirements": requirements(),
    }


def commit() -> str:
    """The project's git commit, with "-dirty" if files differ from it; "unknown" outside git."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return found.stdout.strip()


def requirements() -> str:
    """The first 16 digits of the SHA-256 of requirements.txt; "unknown" where that is not."""
    pins = PROJECT / "requirements.txt"
    return bundle.file_digest(pins)[:16] if pins.is_file() else UNKNOWN
