"""Import Keras with fixed settings, whatever the user's keras.json and environment say.

A trial's key does not include Keras's data format, float type or epsilon, so they must be the same
for every trial. All code that builds, trains or loads a model imports `keras` from here. The user
chooses only the backend, by the variable KERAS_BACKEND.
"""

import logging
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
# JAX's settings that change numbers, at their defaults. The precision of matrix products is the
# user's to set, since it is recorded with the trial.
JAX_SETTINGS = {
    "jax_enable_x64": False,
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_numpy_dtype_promotion": "standard",
}
STDERR = 2
# TensorFlow's messages at its start, which its log level does not suppress.
START_UP_LINE = re.compile(rb"WARNING: All log messages before absl|[IW]\d{4} |To enable the foll")


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Hold back stderr during the block, then write it without TensorFlow's start-up messages."""
    try:
        stderr = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), STDERR)
        try:
            yield
        finally:
            os.dup2(stderr, STDERR)
            os.close(stderr)
            held.seek(0)
            kept = b"".join(line for line in held if not START_UP_LINE.match(line))
            with suppress(OSError):  # nobody reads it
                os.write(STDERR, kept)


def _choose() -> None:
    """Choose the backend by KERAS_BACKEND alone, and keep NNX off.

    Raises:
        InvalidInput: if the project does not know the backend, or it is not installed.
    """
    name = os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    check_choice("KERAS_BACKEND", name, BACKENDS)
    accepted = "a backend that is installed; jax comes with pip install '.[jax]'"
    check(find_spec(name) is not None, "KERAS_BACKEND", name, accepted)
    os.environ |= {"KERAS_BACKEND": name, "KERAS_NNX_ENABLED": "false"}


def _fix_settings() -> None:
    """Reset what keras.json, JAX's variables or code that imported Keras earlier have changed.

    Raises:
        InvalidInput: if Keras already runs on an unknown backend or with NNX.
    """
    config = keras.config
    check_choice("Keras's backend", config.backend(), BACKENDS)
    check(not config.is_nnx_enabled(), "Keras's nnx_enabled", True, "False")
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    config.set_epsilon(EPSILON)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    # TensorFlow warns of functions with several graphs: each size of a batch has one, on purpose.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if config.backend() == "jax":
        import jax

        for name, value in JAX_SETTINGS.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]


def set_seed(seed: int) -> None:
    """Seed Python, numpy, Keras and its backend. Even under JAX, this loads TensorFlow."""
    with _without_start_up_lines():
        keras.utils.set_random_seed(seed)


if "keras" not in sys.modules:
    _choose()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    with _without_start_up_lines():
        import keras
except (AttributeError, OSError, ValueError) as error:
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras") / "keras.json"
    raise InvalidInput(f"Keras does not load by {path} and MPLBACKEND: {error}") from None
_fix_settings()

__all__ = ["keras", "set_seed"]
