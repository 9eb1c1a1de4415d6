"""Describe where a trial runs: versions, backend, hardware, settings that change bits, commit."""

import os
import platform
from functools import cache
from importlib import import_module

import numpy as np

from fmnist import machine
from fmnist.data import fashion_mnist
from fmnist.files import PROJECT
from fmnist.training import bundle
from fmnist.training.backend import keras
from fmnist.training.commit import UNKNOWN, commit


def has_gpu() -> bool:
    """Whether the backend computes on a GPU."""
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())


def gpu_names() -> str:
    """The models of the GPUs that the backend computes on; empty if there are none."""
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


# Environment variables that choose kernels or the order of sums, and so change a result's bits.
SWITCHES = (
    "TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS", "ONEDNN_MAX_CPU_ISA", "NVIDIA_TF32_OVERRIDE", "XLA_FLAGS",
)  # fmt: skip
MATMUL_PRECISION = "matmul_precision"
SETTINGS = (*(name.lower() for name in SWITCHES), MATMUL_PRECISION)
# How many trials one program trained, in the environment of a trial that was not trained alone.
TOGETHER = "trained_together"
# The value of a variable that is not set.
DEFAULT = "default"
MAXIMUM_TEXT = 500


def settings() -> dict[str, str]:
    """The settings of the backend that can change the bits of a result, by lower-case name."""
    found = {name: " ".join(os.environ.get(name, "").split()) for name in SWITCHES}
    asked = {name.lower(): text[:MAXIMUM_TEXT] or DEFAULT for name, text in found.items()}
    return asked | {MATMUL_PRECISION: _matmul_precision()}


def _matmul_precision() -> str:
    """How the backend multiplies float32 matrices; "tf32" lets a GPU round the factors first."""
    if keras.backend.backend() == "jax":
        import jax

        return str(jax.config.values["jax_default_matmul_precision"] or DEFAULT)
    import tensorflow as tf

    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    return "tf32" if enabled else "float32"


def environment() -> dict[str, str]:
    """Where this process trains, and the name of its data where that is not Fashion-MNIST."""
    told = fashion_mnist.identity()
    return _process() | ({"data": told.name} if told.is_other else {})


@cache
def _process() -> dict[str, str]:
    """Versions, backend, hardware, settings, commit."""
    backend, gpu = keras.backend.backend(), gpu_names()
    return {
        "backend": backend,
        "keras": keras.__version__,
        backend: import_module(backend).__version__,  # the package may be tensorflow-cpu
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": machine.processor_name(),
        "cores": str(os.cpu_count()),
        "threads": machine.threads(),
        "devices": ", ".join(keras.distribution.list_devices()),
        **({"gpu": gpu} if gpu else {}),
        **settings(),
        "commit": commit(),
        "requirements": requirements(),
    }


def requirements() -> str:
    """The first 16 digits of requirements.txt's SHA-256; "unknown" if there is no such file."""
    pins = PROJECT / "requirements.txt"
    return bundle.file_digest(pins)[:16] if pins.is_file() else UNKNOWN
