"""Grids of hyperparameters: their points, and how to read them from YAML files."""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from fmnist.errors import InvalidInput
from fmnist.study.networks import NETWORKS
from fmnist.study.own_network import Value
from fmnist.study.trial import Point, defaults

# A block is the full product of its fields' values. A grid is the union of its blocks.
Block = Mapping[str, Sequence[Value]]
Grid = Sequence[Block]

MAXIMUM_POINTS = 10_000


def expand(grid: Grid) -> list[Point]:
    """All points of a grid, block by block; a block's last field varies fastest.

    Raises:
        InvalidInput: if a point occurs twice, or if there are no points or more than 10,000.
    """
    count = sum(math.prod(map(len, block.values())) for block in grid)
    if not 0 < count <= MAXIMUM_POINTS:
        raise InvalidInput(f"grid: {count} points; accepted is 1 to {MAXIMUM_POINTS}")
    points = [
        dict(zip(block, values, strict=True))
        for block in grid
        for values in product(*block.values())
    ]
    seen: set[tuple[tuple[str, Value], ...]] = set()
    for point in points:
        identity = tuple(sorted(point.items()))
        if identity in seen:
            raise InvalidInput(f"grid: the point {point} occurs twice")
        seen.add(identity)
    return points


def spanned_by(points: Sequence[Point]) -> dict[str, list[Value]]:
    """The smallest block that contains the points: each field with the values that occur."""
    values: dict[str, list[Value]] = {}
    for point in points:
        for name, value in point.items():
            known = values.setdefault(name, [])
            if value not in known:
                known.append(value)
    return values


EXPECTED = "a block of field: [values], or a list of blocks"
TEXT = "tag:yaml.org,2002:str"


class Loader(yaml.SafeLoader):
    """Safe YAML that refuses duplicate fields and aliases, and reads a text field's 64 as text."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node. A few aliases of aliases would unfold to more than memory holds."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            place = f"line {mark.line + 1}, column {mark.column + 1}"
            raise InvalidInput(f"{place}: an alias; accepted is what it stands for")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A block. Of two fields of one name, YAML itself would silently keep the last."""
        fields = [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode)]
        seen: set[str] = set()
        for field, values in fields:
            if field.value in seen:
                mark = field.start_mark
                place = f"line {mark.line + 1}, column {mark.column + 1}"
                raise InvalidInput(f"{place}: {field.value} is given twice; accepted is one list")
            seen.add(field.value)
            if field.value in _text_fields():
                _take_as_text(values)
        return super().construct_mapping(node, deep)


@cache
def _text_fields() -> frozenset[str]:
    usual = [value for network in NETWORKS.values() for value in defaults(network()).items()]
    return frozenset(name for name, value in usual if isinstance(value, str))


def _take_as_text(values: yaml.Node) -> None:
    for value in values.value if isinstance(values, yaml.SequenceNode) else [values]:
        if isinstance(value, yaml.ScalarNode):
            value.tag = TEXT


def read(path: Path) -> Grid:
    """The grid in a YAML file. Names and values of fields are checked later, as trials are made.

    Raises:
        InvalidInput: if the file is missing, is not YAML, or does not have the form of a grid.
    """
    try:
        blocks = blocks_of(yaml.load(path.read_text(encoding="utf-8"), Loader))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"grid={path}: cannot be read; accepted is a YAML file") from None
    except InvalidInput as error:
        raise InvalidInput(f"grid={path}: {error}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = " ".join(str(error).split())
        raise InvalidInput(f"grid={path}: not YAML ({line})") from None
    expand(blocks)
    return blocks


def blocks_of(content: Any) -> Grid:
    """The blocks of a grid that was read from YAML.

    Raises:
        InvalidInput: if it does not have the form of a grid.
    """
    blocks = content if isinstance(content, list) else [content]
    for block in blocks:
        _check_block(block)
    return blocks


def _check_block(block: Any) -> None:
    if not isinstance(block, dict) or not block or not all(isinstance(name, str) for name in block):
        raise InvalidInput(f"accepted is {EXPECTED}")
    for field, values in block.items():
        if not isinstance(values, list) or not values:
            raise InvalidInput(f"{field} takes a list of one or more values")
        for value in values:
            if not isinstance(value, bool | int | float | str):
                raise InvalidInput(f"{field} takes numbers or text, not {value!r}")
