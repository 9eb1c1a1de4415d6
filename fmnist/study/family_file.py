"""A family as a YAML file: read and validated, with the place of a mistake, and written."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import yaml

from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput, check, check_choice
from fmnist.study import families, grids, own_network
from fmnist.study.family import Family
from fmnist.study.grids import Grid, Loader
from fmnist.study.networks import NETWORKS, ModelConfig
from fmnist.study.own_network import OwnNetwork
from fmnist.study.request import PARTS
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial, defaults

REQUIRED = ("name", "question", "network", "grid")
OPTIONAL = ("model", "training", "quick", "smoke", "evaluate")
# A search's own parameters say how long and in which precision it trains.
NOT_OF_A_FAMILY = ("epochs", "continues", "precision")
MAXIMUM_TEXT = 200
# What MLflow keeps of a family's definition as a tag of its search.
MAXIMUM_DEFINITION = 5_000


def read(path: Path) -> Family:
    """The family in a YAML file. Its own network's code may run in this process from now on.

    Raises:
        InvalidInput: if the file cannot be read or is invalid, with the line and column.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        told = f"family={path}: cannot be read; accepted is a YAML file"
        raise InvalidInput(told, "search --example writes one") from None
    try:
        return dataclasses.replace(parse(text, path.parent), file=str(path))
    except InvalidInput as error:
        raise InvalidInput(f"family={path}: {error}") from None


def parse(text: str, folder: Path | None = None) -> Family:
    """The family that a YAML text defines.

    Args:
        text: as `definition` writes it, or a person.
        folder: where the file of a person's own network lies; None for a definition from a store,
            of whose network only the digest is known.

    Raises:
        InvalidInput: if the text is invalid, with the line and column.
    """
    loader = Loader(text)
    try:
        root = loader.get_single_node()
        content = loader.construct_document(root) if root else None
    except InvalidInput:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInput(f"not YAML ({' '.join(str(error).split())})") from None
    return _Definition(root, content, folder).family()


class _Definition:
    """A family's definition while it is read: its content, and where each part of it stands."""

    def __init__(self, root: yaml.Node | None, content: Any, folder: Path | None) -> None:
        self._root, self._content, self._folder = root, content, folder

    def family(self) -> Family:
        """The family, once everything in the definition is validated."""
        self._check_keys()
        trial = self._trial()
        grid = self._grid("grid", trial)
        family = Family(
            name=self._name(),
            question=self._text("question"),
            finding="",
            model=trial.model,
            training=trial.training,
            grid=grid,
            quick=self._grid("quick", trial) if "quick" in self._content else grid,
            smoke=self._grid("smoke", trial) if "smoke" in self._content else grid,
            evaluate=self._evaluate(),
        )
        size = len(definition(family))
        check(size <= MAXIMUM_DEFINITION, "size", size, f"up to {MAXIMUM_DEFINITION} characters")
        return family

    @contextmanager
    def _at(self, *path: str | int) -> Iterator[None]:
        """Add the line and the column of a part to a refusal of it."""
        try:
            yield
        except InvalidInput as error:
            mark = _node(self._root, path).start_mark
            raise InvalidInput(f"line {mark.line + 1}, column {mark.column + 1}: {error}") from None

    def _check_keys(self) -> None:
        accepted = f"{', '.join(REQUIRED)}, and if needed {', '.join(OPTIONAL)}"
        if not isinstance(self._content, dict):
            raise InvalidInput(f"accepted is a mapping with {accepted}")
        for key in self._content:
            with self._at(key):
                check(key in (*REQUIRED, *OPTIONAL), "field", key, accepted)
        for key in REQUIRED:
            if key not in self._content:
                raise InvalidInput(f"{key} is missing; accepted is {accepted}")

    def _name(self) -> str:
        name = self._content["name"]
        with self._at("name"):
            accepted = (
                "2 to 40 of a-z, 0-9 and _, and no name of the study's families, finals or models"
            )
            check(families.may_be_own(str(name)), "name", name, accepted)
        return str(name)

    def _text(self, key: str) -> str:
        text = self._content[key]
        with self._at(key):
            fits = isinstance(text, str) and 0 < len(text) <= MAXIMUM_TEXT and text.isprintable()
            check(fits, key, text, f"a line of up to {MAXIMUM_TEXT} characters")
        return str(text)

    def _trial(self) -> Trial:
        """A trial of the family's network and training, as values of its grid replace them."""
        with self._at("network"):
            model = self._network(self._content["network"])
        trial = Trial(model=model, training=TrainingConfig(), data=DataConfig(digest="0" * 64))
        for key, config in (("model", model), ("training", trial.training)):
            fields = self._fields(key)
            for field in fields:
                with self._at(key, field):
                    known = [name for name in vars(config) if name not in NOT_OF_A_FAMILY]
                    check_choice("field", field, known)
            try:
                trial = trial.with_values(fields)
            except InvalidInput as refusal:
                for field, value in fields.items():
                    self._try(trial, field, value, key, field)
                with self._at(key):
                    raise refusal
        return trial

    def _try(self, trial: Trial, field: str, value: Any, *path: str | int) -> None:
        """Refuse a value, at its place, that is wrong by itself."""
        with self._at(*path):
            trial.with_values({field: value})

    def _network(self, named: Any) -> ModelConfig:
        if isinstance(named, str) and named in NETWORKS:
            return NETWORKS[named]()
        file, colon, function = str(named).partition(":")
        if self._folder is not None and isinstance(named, str) and colon:
            return own_network.name_file(self._folder / file, function)
        accepted = f"one of {', '.join(NETWORKS)}, or {own_network.EXPECTED}"
        check(self._folder is None and isinstance(named, dict), "network", named, accepted)
        return own_network.of_fields(named)

    def _fields(self, key: str) -> Mapping[str, Any]:
        fields = self._content.get(key, {})
        with self._at(key):
            check(isinstance(fields, dict), key, fields, "field: value, or several")
        return dict(fields)

    def _grid(self, key: str, trial: Trial) -> Grid:
        content = self._content[key]
        with self._at(key):
            blocks = grids.blocks_of(content)
        try:
            for point in grids.expand(blocks):
                trial.with_values(point)
        except InvalidInput as refusal:
            for number, block in enumerate(blocks):
                within = [key, number] if isinstance(content, list) else [key]
                for field, values in block.items():
                    for position, value in enumerate(values):
                        self._try(trial, field, value, *within, field, position)
            with self._at(key):
                raise refusal
        return blocks

    def _evaluate(self) -> tuple[str, ...]:
        parts = self._content.get("evaluate", [])
        with self._at("evaluate") if "evaluate" in self._content else nullcontext():
            fits = isinstance(parts, list) and set(map(str, parts)) <= PARTS
            check(fits, "evaluate", parts, "a list of train, test, or both")
        return tuple(parts)


def _node(root: yaml.Node | None, path: Sequence[str | int]) -> yaml.Node:
    """The node at a path: of a field's value in a mapping, or at a position of a list."""
    node = root
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == str(step))
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
    if node is None:
        raise ValueError("an empty file has no places")
    return node


def definition(family: Family) -> str:
    """The family as YAML that `parse` reads; a network of a person's own by its digest."""
    usual, network = defaults(family.model), family.model.network
    own = isinstance(family.model, OwnNetwork)
    content = {
        "name": family.name,
        "question": family.question,
        "network": vars(family.model) if own else network,
        "model": {} if own else _differing(family.model, usual),
        "training": _differing(family.training, usual),
        "grid": _plain(family.grid),
        "quick": [] if family.quick == family.grid else _plain(family.quick),
        "smoke": [] if family.smoke == family.grid else _plain(family.smoke),
        "evaluate": list(family.evaluate),
    }
    kept = {name: value for name, value in content.items() if value}
    return yaml.safe_dump(kept, sort_keys=False, default_flow_style=None, width=100)


def example(family: Family) -> str:
    """One of the study's families as a file, under a name that a person may use."""
    return definition(dataclasses.replace(family, name=f"my_{family.name}"))


def _differing(config: Any, usual: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(config).items()
        if value != usual[name] and name not in NOT_OF_A_FAMILY
    }


def _plain(grid: Grid) -> list[dict[str, list[Any]]]:
    return [{field: list(values) for field, values in block.items()} for block in grid]
