"""Import what a verb needs, faster than by itself: most of its start is importing TensorFlow.

Only for a process that is ours alone: who imports `fmnist` gets Keras with all its parts.
"""

import gc
import os
import sys
from importlib import import_module
from types import ModuleType

# Keras, TensorFlow and keras-tuner import these, where they are installed, for parts that no verb
# uses: wrappers for scikit-learn, galleries of images, notebooks, models for phones.
NOT_NEEDED = ("sklearn", "matplotlib", "IPython", "jax")


def load(name: str, *, trains: bool) -> ModuleType:
    """Import a module of this package, and before it Keras if the verb trains.

    What is imported stays to the end, so Python need not search it for garbage: not while it
    imports, not at each later search, and not when it ends, which took a second.
    """
    gc.disable()
    try:
        if trains:
            _import_keras()
        return import_module(f"{__package__}.{name}")
    finally:
        gc.enable()
        gc.freeze()


def _import_keras() -> None:
    """Import Keras and keras-tuner as if the packages that they can do without were not there.

    They can be imported afterwards.
    """
    hidden = {*NOT_NEEDED} - {os.environ.get("KERAS_BACKEND"), *sys.modules}
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment] # Python then says: no such module
    try:
        import_module("fmnist.search.oracles")
    finally:
        for name in hidden:
            del sys.modules[name]
