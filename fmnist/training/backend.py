"""Keras, with settings that nothing outside the project decides.

A trial's key names neither data format nor float type nor epsilon, so what a person's keras.json
and environment say about them must not reach a model. Whatever builds, trains or loads one takes
`keras` from here. Which backend computes is the one choice: the variable KERAS_BACKEND.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from fmnist.errors import InvalidInput, check, check_choice

BACKENDS = ("tensorflow", "jax")
EPSILON = 1e-7
# Of JAX's settings, those that change numbers; the values are its defaults.
JAX_SETTINGS = {
    "jax_enable_x64": False,
    "jax_default_matmul_precision": None,
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_numpy_dtype_promotion": "standard",
}
STDERR = 2
# What TensorFlow says of itself as it starts, before its log level counts.
START_UP_LINE = re.compile(rb"WARNING: All log messages before absl|[IW]\d{4} |To enable the foll")


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Hold back what is written to stderr meanwhile, then write all but TensorFlow's greetings."""
    with tempfile.TemporaryFile() as held, suppress(OSError):
        try:
            stderr = os.dup(STDERR)
        except OSError:  # it is closed
            yield
            return
        os.dup2(held.fileno(), STDERR)
        try:
            yield
        finally:
            os.dup2(stderr, STDERR)
            os.close(stderr)
            held.seek(0)
            os.write(STDERR, b"".join(line for line in held if not START_UP_LINE.match(line)))


def _choose() -> None:
    """Let KERAS_BACKEND alone choose, and nothing switch NNX on.

    Raises:
        InvalidInput: if the backend is not one that the project knows, or is not installed.
    """
    name = os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    check_choice("KERAS_BACKEND", name, BACKENDS)
    accepted = "a backend that is installed; jax comes with pip install '.[jax]'"
    check(find_spec(name) is not None, "KERAS_BACKEND", name, accepted)
    os.environ |= {"KERAS_BACKEND": name, "KERAS_NNX_ENABLED": "false"}
    os.environ.pop("NVIDIA_TF32_OVERRIDE", None)  # above what TensorFlow and JAX are told


def _forget_unknown_figures() -> None:
    """Drop MPLBACKEND where matplotlib does not know it, as a notebook's `!command` inherits it."""
    try:
        import matplotlib  # noqa: F401 - it reads the variable
    except ValueError:
        os.environ.pop("MPLBACKEND", None)


def _fix_settings() -> None:
    """Set what keras.json, JAX's variables and whoever loaded Keras before may have changed."""
    config = keras.config
    check_choice("Keras's backend", config.backend(), BACKENDS)
    check(not config.is_nnx_enabled(), "Keras's nnx_enabled", True, "False")
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    config.set_epsilon(EPSILON)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    if config.backend() == "jax":
        import jax

        for name, value in JAX_SETTINGS.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]
    else:
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(True)


def set_seed(seed: int) -> None:
    """Seed Python, numpy, Keras and its backend; for this Keras loads TensorFlow beside JAX too."""
    with _without_start_up_lines():
        keras.utils.set_random_seed(seed)


if "keras" not in sys.modules:
    _choose()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _forget_unknown_figures()
try:
    with _without_start_up_lines():
        import keras
except (AttributeError, ValueError) as error:
    folder = Path(os.environ.get("KERAS_HOME") or "~/.keras")
    raise InvalidInput(f"{folder / 'keras.json'}: Keras refuses it: {error}") from None
_fix_settings()

__all__ = ["keras", "set_seed"]
