"""An experiment family as a value, and the points of its grid."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from fmnist.config import Point, TrainingConfig, Value
from fmnist.networks import ModelConfig
from fmnist.validation import InvalidInput

# Each block is a full product of its values; a grid is the union of its blocks.
Block = Mapping[str, Sequence[Value]]
Grid = Sequence[Block]

MAXIMUM_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Family:
    """One experiment family: its question, what the study found, its cost, its grid.

    `quick` and `smoke` are for the presets of that name: parts of `grid`, or of a smaller network.
    `evaluate` names what a trial is scored on beside the validation split: "train", "test".
    """

    name: str
    question: str
    finding: str
    cost: str
    model: ModelConfig
    training: TrainingConfig
    grid: Grid
    quick: Grid
    smoke: Grid
    evaluate: tuple[str, ...] = ()

    def points(self, preset: str) -> list[Point]:
        """The grid points of a preset, in the order in which they are tried."""
        return expand({"paper": self.grid, "quick": self.quick, "smoke": self.smoke}[preset])


def expand(grid: Grid) -> list[Point]:
    """All points of a grid.

    Raises:
        InvalidInput: if a point occurs twice, or there are none or more than 10,000.
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
    """The block that some points span: their fields, each with the values that occur."""
    values: dict[str, list[Value]] = {}
    for point in points:
        for name, value in point.items():
            known = values.setdefault(name, [])
            if value not in known:
                known.append(value)
    return values
