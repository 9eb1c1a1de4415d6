"""Check that a family can be searched by a strategy, and how long hyperband's trials are."""

import math
from collections.abc import Sequence

from fmnist.errors import InvalidInput
from fmnist.study.family import Family
from fmnist.study.grids import expand, spanned_by
from fmnist.study.options import GRID, HYPERBAND, Options
from fmnist.study.plan import base_trial, grid_points, plan_family
from fmnist.study.trial import Point

# Hyperband continues one in three trials, to three times the epochs.
FACTOR = 3
USUAL = (3, 9, 27)
# Fields that hyperband sets itself.
OWN_FIELDS = {"epochs", "continues"}


def max_epochs(options: Options, points: Sequence[Point]) -> int:
    """The epochs of hyperband's longest trials: a power of 3.

    With 27 epochs, hyperband begins with 27 trials of 1 epoch. If the space has fewer points,
    keras-tuner waits for more and continues none of its trials. So the longest trials have at most
    as many epochs as the space has points. They are also no longer than a trial in full, except
    that a limit of 1 or 2 epochs still gives 3.

    Raises:
        InvalidInput: if the space or the limit of epochs is too small, or the grid sets epochs.
    """
    size = space_size(points)
    fitting = max(FACTOR**power for power in range(size.bit_length()) if FACTOR**power <= size)
    limit = max(options.epoch_limit, FACTOR)
    usual = max((epochs for epochs in USUAL if epochs <= min(fitting, limit)), default=FACTOR)
    asked = options.max_epochs or usual
    if asked > limit:
        needed = f"max_epochs={asked} needs a limit of {asked} epochs or more"
        raise InvalidInput(f"strategy={HYPERBAND}: {needed}, it is {options.epoch_limit}")
    if asked > fitting:
        needed = f"max_epochs={asked} needs a space of {asked} points or more"
        raise InvalidInput(f"strategy={HYPERBAND}: {needed}, this one has {size}")
    if any(OWN_FIELDS & point.keys() for point in points):
        raise InvalidInput(f"strategy={HYPERBAND}: accepted is a grid that does not set epochs")
    return asked


def space_size(points: Sequence[Point]) -> int:
    """The number of points in the space that the points' values span."""
    return math.prod(map(len, spanned_by(points).values()))


def check(family: Family, options: Options) -> None:
    """Check, before anything runs, that a family can be searched with these options.

    Raises:
        InvalidInput: if a point, the space or a parameter of the strategy is invalid.
    """
    plan_family(family, options)
    points = grid_points(family, options)
    if options.strategy != GRID:
        base = base_trial(family, options)
        for point in expand([spanned_by(points)]):
            base.with_values(point)
    if options.strategy == HYPERBAND:
        max_epochs(options, points)
