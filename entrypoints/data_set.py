"""Use the data that a command line names, in place of Fashion-MNIST."""

from collections.abc import Mapping
from typing import Any

from fmnist.errors import InvalidInput
from fmnist.study.options import AS_RUN, PRESETS


def use(values: Mapping[str, Any]) -> None:
    """Read and provide the data that a verb's values name; Fashion-MNIST stays where they do not.

    Raises:
        InvalidInput: if they are not of Fashion-MNIST's shape, or the preset is the author's own.
    """
    if not (path := values.get("data")):
        return
    from fmnist.data import fashion_mnist, other

    found = other.read(path)
    if found.identity.is_other and values.get("preset") == AS_RUN:
        accepted = ", ".join(preset for preset in PRESETS if preset != AS_RUN)
        raise InvalidInput(
            f"preset={AS_RUN}: the study's author trained on Fashion-MNIST alone; accepted with "
            f"data is one of {accepted}"
        )
    fashion_mnist.provide(found)
