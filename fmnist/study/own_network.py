"""A network of a person's own: a function in a Python file, read without running it.

The file's digest is part of every key. Its code runs only in a process that was given the file by
name, and in the workers of its search.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, make_dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from fmnist.data.config import DIGEST
from fmnist.errors import InvalidInput, check
from fmnist.study.training import TrainingConfig

# A value of a searched field: the types that grid files, keras-tuner and MLflow all can hold.
Value = bool | int | float | str
EXPECTED = "FILE.py:FUNCTION, a function whose parameters all have a number or text as default"
# What else is a field of a trial.
TAKEN = ("network", "replicate")


@dataclass(frozen=True, kw_only=True)
class OwnNetwork:
    """What a person's own function builds. Its parameters are further fields, see `of_fields`.

    Attributes:
        architecture: the file's name and the function's: "my_network.py:build".
        code: the SHA-256 of the file.

    Raises:
        InvalidInput: if a value is out of range.
    """

    architecture: str
    code: str

    network = "own"
    mirrored = False
    last_activation = "softmax"

    def __post_init__(self) -> None:
        named = re.fullmatch(r"[\w-]{1,60}\.py:[A-Za-z_]\w{0,60}", self.architecture)
        check(bool(named), "network", self.architecture, EXPECTED)
        check(bool(re.fullmatch(DIGEST, self.code)), "code", self.code, "a SHA-256")
        for name, value in self.arguments.items():
            known = not isinstance(value, float) or isfinite(value)
            check(known, name, value, "a finite number")

    def __reduce__(self) -> Any:
        """Pickled by its fields: the class is made anew where it is unpickled."""
        return of_fields, (vars(self),)

    @property
    def file(self) -> str:
        """The name of the file that builds it."""
        return self.architecture.partition(":")[0]

    @property
    def function(self) -> str:
        """The name of the function that builds it."""
        return self.architecture.partition(":")[2]

    @property
    def arguments(self) -> dict[str, Value]:
        """What the function is called with, by name."""
        return {name: value for name, value in vars(self).items() if name not in _OWN}


_OWN = [field.name for field in fields(OwnNetwork)]


def of_fields(values: Mapping[str, Any]) -> OwnNetwork:
    """The network of these fields: `OwnNetwork`'s, and the function's parameters.

    Raises:
        InvalidInput: if a field's name is taken, or its value is neither a number nor text.
    """
    for name, value in values.items():
        taken = name in TrainingConfig.__dataclass_fields__ or name in TAKEN
        check(name.isidentifier() and not taken, "network", name, "a parameter of another name")
        check(isinstance(value, Value), name, value, "a number or text as default")
    kinds = tuple((name, type(values[name])) for name in sorted(values) if name not in _OWN)
    network: OwnNetwork = _class_of(kinds)(**values)
    return network


@cache
def _class_of(kinds: tuple[tuple[str, type], ...]) -> Any:
    """One class for all networks of the same fields, so that equal ones are equal."""
    return make_dataclass("OwnNetwork", kinds, bases=(OwnNetwork,), frozen=True, kw_only=True)


_code: dict[str, str] = {}


def name_file(path: Path, function: str) -> OwnNetwork:
    """The network of a function in a file, with the defaults of its parameters as values.

    From now on this process may run the file's code.

    Raises:
        InvalidInput: if the file cannot be read, or has no such function.
    """
    try:
        code = path.read_bytes().decode("utf-8")
        module = ast.parse(code)
        _check_imports(module, {path.parent, Path.cwd()})
        parameters = _parameters(module, function)
    except (OSError, SyntaxError, ValueError) as error:
        told = f"network={path.name}:{function}: {error}"
        raise InvalidInput(f"{told}; accepted is {EXPECTED}") from None
    digest = hashlib.sha256(code.encode("utf-8")).hexdigest()
    named = {"architecture": f"{path.name}:{function}", "code": digest}
    network = of_fields({**named, **parameters})
    provide({digest: code})
    return network


def _check_imports(module: ast.Module, folders: Iterable[Path]) -> None:
    """ValueError if it imports another file of the person's own, which the key does not know."""
    for node in ast.walk(module):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        for name in (name.partition(".")[0] for name in names):
            beside = [folder / part for folder in folders for part in (name, f"{name}.py")]
            if not name or any(path.exists() for path in beside):
                raise ValueError(f"it imports {name or 'a neighbor'}: a network is one file")


def _parameters(module: ast.Module, function: str) -> dict[str, Any]:
    """The parameters of a function and their defaults; ValueError if one has none."""
    found = [
        node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    if not found:
        raise ValueError(f"no function {function} in it")
    spec = found[-1].args
    listed = [*spec.posonlyargs, *spec.args]
    defaults = [None] * (len(listed) - len(spec.defaults)) + list(spec.defaults)
    pairs = [
        *zip(listed, defaults, strict=True),
        *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
    ]
    lacking = [parameter.arg for parameter, default in pairs if default is None]
    if lacking or spec.vararg or spec.kwarg or spec.posonlyargs:
        raise ValueError(f"{', '.join(lacking) or 'some of its parameters'}: no default")
    return {parameter.arg: ast.literal_eval(default) for parameter, default in pairs if default}


def provide(code: Mapping[str, str]) -> None:
    """Allow this process to run code, by its digest: a worker gets it from its search."""
    _code.update(code)


def provided() -> dict[str, str]:
    """The code that this process may run, by its digest."""
    return dict(_code)
