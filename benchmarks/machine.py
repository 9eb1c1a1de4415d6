"""Describe this machine and its best rates; `python -m benchmarks.machine` prints them as JSON."""

import json
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil

from benchmarks.results import Table
from fmnist.machine import processor_flags, processor_name

FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_tile")
PACKAGES = ("keras", "keras-tuner", "mlflow", "talos", "torch")
PRECISIONS = ("float32", "bfloat16")
MATRIX_SIZE = 2_048
BATCH, SIDE, KERNEL = 256, 14, 3
# The heaviest layer of the CNNs of 8, 32 and 128 first filters is the second one.
FILTERS = (8, 32, 128)
MATRIX = "matrix product"
SECONDS_PER_RATE = 1.0


def convolution(filters: int) -> str:
    """The name of the rate of a convolution from `filters` to twice as many."""
    return f"convolution {filters} to {2 * filters}"


def describe() -> dict[str, Any]:
    """Processor, memory, versions, and the rates that TensorFlow reaches."""
    import tensorflow as tf  # for its version, as the installed package may be tensorflow-cpu

    from fmnist.training.commit import commit

    return {
        "processor": processor_name(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3),
        "flags": [flag for flag in FLAGS if flag in processor_flags()],
        "commit": commit(),
        "versions": {"tensorflow": tf.__version__} | {name: _version(name) for name in PACKAGES},
        "rates": rates(),
    }


def rates() -> dict[str, dict[str, float]]:
    """Floating-point operations a second, by operation and precision."""
    measured = {MATRIX: {precision: _matrix_rate(precision) for precision in PRECISIONS}}
    for filters in FILTERS:
        measured[convolution(filters)] = {
            precision: _convolution_rate(filters, precision) for precision in PRECISIONS
        }
    return measured


def _matrix_rate(precision: str) -> float:
    import tensorflow as tf

    matrix = tf.ones((MATRIX_SIZE, MATRIX_SIZE), precision)
    product = tf.function(lambda: tf.reduce_sum(matrix @ matrix))
    return 2 * MATRIX_SIZE**3 / _best_time(product)


def _convolution_rate(filters: int, precision: str) -> float:
    """The rate of a convolution and both of its gradients."""
    import tensorflow as tf

    images = tf.ones((BATCH, SIDE, SIDE, filters), precision)
    kernel = tf.ones((KERNEL, KERNEL, filters, 2 * filters), precision)

    @tf.function
    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([images, kernel])
            outputs = tf.nn.conv2d(images, kernel, 1, "SAME")
        parts = [outputs, *tape.gradient(outputs, [images, kernel])]
        return [tf.reduce_sum(part) for part in parts]  # or TensorFlow would not compute them

    operations = 3 * 2 * BATCH * SIDE**2 * KERNEL**2 * filters * 2 * filters
    return operations / _best_time(step)


def _best_time(operation: Callable[[], Any]) -> float:
    """The seconds of the fastest call among those that fit into about a second."""
    operation()
    began, times = time.perf_counter(), []
    while time.perf_counter() - began < SECONDS_PER_RATE:
        started = time.perf_counter()
        operation()
        times.append(time.perf_counter() - started)
    return min(times)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def tables(described: dict[str, Any]) -> list[Table]:
    """The tables of the machine and of its best rates."""
    versions = ", ".join(f"{name} {number}" for name, number in described["versions"].items())
    rows = [
        ("processor", described["processor"]),
        ("cores", str(described["cores"])),
        ("memory", f"{described['memory_gb']} GB"),
        ("flags", ", ".join(described["flags"])),
        ("versions", versions),
        ("commit", described["commit"]),
    ]
    best = [
        (name, *(f"{rate[precision] / 1e9:.0f}" for precision in PRECISIONS))
        for name, rate in described["rates"].items()
    ]
    note = "TensorFlow, billions of operations a second; convolutions with both gradients."
    return [
        Table("Machine", ("", ""), rows),
        Table("Rates at best", ("operation", *PRECISIONS), best, note),
    ]


if __name__ == "__main__":
    print(json.dumps(describe()))
