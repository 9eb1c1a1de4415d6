"""How long a hyperband's trials are: of these one in three goes on, to three times the epochs."""

import math
from collections.abc import Sequence

from fmnist.errors import InvalidInput
from fmnist.study.family import Family
from fmnist.study.grids import expand, spanned_by
from fmnist.study.options import GRID, HYPERBAND, Options
from fmnist.study.plan import base_trial, grid_points, plan_family
from fmnist.study.trial import Point

FACTOR = 3
USUAL = (3, 9, 27)
OWN_FIELDS = {"epochs", "continues"}


def max_epochs(options: Options, points: Sequence[Point]) -> int:
    """The epochs of the longest trials: a power of 3, of at most as many as the space has points.

    With at most 27 epochs a hyperband begins with 27 trials of 1 epoch. Where the space does not
    have as many points, keras-tuner's waits for more, and lets none of its trials go on.

    No longer than what is trained in full, but for a limit of 1 or 2 epochs.

    Raises:
        InvalidInput: if the space or the limit of epochs is too small, or the space one of epochs.
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
    """How many points the space has that the values of some points span."""
    return math.prod(map(len, spanned_by(points).values()))


def check(family: Family, options: Options) -> None:
    """Find out before anything runs whether the family can be searched as the options say.

    Raises:
        InvalidInput: if not.
    """
    plan_family(family, options)
    points = grid_points(family, options)
    if options.strategy != GRID:
        base = base_trial(family, options)
        for point in expand([spanned_by(points)]):
            base.with_values(point)
    if options.strategy == HYPERBAND:
        max_epochs(options, points)
