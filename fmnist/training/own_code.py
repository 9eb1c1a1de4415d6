"""Run a person's own code that builds a network, where they named its file."""

import json
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from fmnist.data.fashion_mnist import CLASS_NAMES, IMAGE_SHAPE
from fmnist.errors import InvalidInput, check
from fmnist.study import own_network
from fmnist.study.networks import ModelConfig
from fmnist.study.own_network import OwnNetwork
from fmnist.training.backend import keras
from fmnist.training.events import reason_in

INPUT, OUTPUT = (None, *IMAGE_SHAPE), (None, len(CLASS_NAMES))
EXPECTED = f"a Keras model from images {INPUT} to float32 probabilities {OUTPUT}"

OWN_LAYERS = (
    "a model of Keras's own layers and functions: a final's model is loaded without the file"
)


def check_named(models: Iterable[ModelConfig]) -> None:
    """Refuse before anything is trained what `build` would refuse.

    Raises:
        InvalidInput: if a model is a person's own, and cannot be built here.
    """
    for model in set(models):
        if isinstance(model, OwnNetwork):
            build(model)


def build(config: OwnNetwork) -> keras.Model:
    """The model that a person's own function makes.

    Raises:
        InvalidInput: if this process may not run the code, or it makes no such model.
    """
    code = own_network.provided().get(config.code)
    if code is None:
        raise InvalidInput(
            f"{config.architecture}: the code of this network runs only if its family is named",
            f"add -P family=FILE, beside {config.file} of SHA-256 {config.code[:12]}...",
        )
    model = _run(code, config)
    fits = isinstance(model, keras.Model) and _fits(model)
    told = getattr(model, "output_shape", type(model).__name__)
    check(fits, config.architecture, told, EXPECTED)
    if others := _other_parts(model):
        told = f"{config.architecture}: {', '.join(others)}"
        raise InvalidInput(f"{told}; accepted is {OWN_LAYERS}")
    return model


def _run(code: str, config: OwnNetwork) -> Any:
    """What the function returns, in a module of its own that is run anew."""
    module = ModuleType(config.file.removesuffix(".py"))
    try:
        exec(compile(code, config.file, "exec"), module.__dict__)
        return getattr(module, config.function)(**config.arguments)
    except Exception as error:
        told = f"{config.architecture}: {reason_in(f'{type(error).__name__}: {error}')}"
        raise InvalidInput(f"{told}; accepted is {EXPECTED}") from error


def _fits(model: keras.Model) -> bool:
    """Whether a model takes our images and gives probabilities."""
    shapes = model.input_shape, model.output_shape
    return shapes == (INPUT, OUTPUT) and model.outputs[0].dtype == "float32"


def _other_parts(model: keras.Model) -> list[str]:
    """The names of the classes and functions in a model that are not Keras's own."""
    found: list[str] = []

    def look(part: dict[str, Any]) -> None:
        package = (part.get("module") or "keras").partition(".")[0]
        if package != "keras" or part.get("class_name") == "__lambda__":
            found.append(str(part["class_name"]))

    try:
        described = keras.saving.serialize_keras_object(model)
        described.pop("compile_config", None)  # the project compiles it anew
        json.loads(json.dumps(described), object_hook=look)
    except NotImplementedError:  # of a class whose arguments Keras cannot tell
        found.append("a class without get_config")
    return found
