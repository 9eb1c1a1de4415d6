"""keras-tuner's oracles: grid, random, Bayesian and Hyperband, over the points of a family."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fmnist.training import backend  # noqa: F401 - before keras_tuner imports Keras

# isort: split
import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from fmnist.search.strategies import FACTOR, max_epochs, space_size
from fmnist.study.grids import spanned_by
from fmnist.study.metrics import CRITERION
from fmnist.study.options import BAYESIAN, HYPERBAND, Options
from fmnist.study.trial import Point

# How many random points were tried before are drawn, for each point of the space, before an oracle
# takes the space for exhausted; keras-tuner's own 20 leave points of a small one out.
COLLISIONS = 10
# How many points a hyperband has trained in full: its short trials, whose learning rate has not
# fallen yet, do not tell the best apart (the 95% interval of 0.9 on 12,000 images is 0.011 wide).
FINALISTS = 3
# The hyperparameters by which a hyperband says what it wants of a trial.
HYPERBAND_PREFIX = "tuner/"


class _Oracle(keras_tuner.Oracle):
    """What all oracles here have in common: a fixed space, and no state on disk."""

    def __init__(self, points: Sequence[Point], **own: Any) -> None:
        super().__init__(
            objective=keras_tuner.Objective(CRITERION, "max"),
            hyperparameters=space(points),
            allow_new_entries=False,
            tune_new_entries=False,
            max_consecutive_failed_trials=sys.maxsize,
            **own,
        )
        self._max_collisions = COLLISIONS * space_size(points)
        self.verbose = 0

    def save(self) -> None:
        """Keep nothing: MLflow is the memory."""

    def _save_trial(self, trial: Any) -> None:
        """Keep nothing: MLflow is the memory."""


class GridOracle(_Oracle):
    """Gives the points of a grid, each once, in order, however many are open at a time."""

    def __init__(self, points: Sequence[Point]) -> None:
        # Of no space: keras-tuner would give a point each field that another one has.
        super().__init__([])
        self._points = iter(points)

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002 - keras-tuner's
        """The next point, or the end of the search."""
        return _next_of(self._points)


class RandomOracle(_Oracle, keras_tuner.oracles.RandomSearchOracle):
    """Random points, each once."""


class BayesianOracle(_Oracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Random points, then those that a Gaussian process of the results promises most of."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next point: a random one in place of one that was tried, which says nothing new."""
        asked: dict[str, Any] = super().populate_space(trial_id)
        if asked["values"] and self._duplicate(asked["values"]):
            asked = self._random_populate_space()
        return asked


class HyperbandOracle(_Oracle, keras_tuner.oracles.HyperbandOracle):
    """Many short trials, of which the best go on; at last the best points as the family trains."""

    def __init__(self, points: Sequence[Point], **own: Any) -> None:
        super().__init__(points, factor=FACTOR, **own)
        self._finalists: Iterator[Point] | None = None

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial of the hyperband, then the finalists."""
        if self._finalists is None:
            asked: dict[str, Any] = super().populate_space(trial_id)
            if asked["status"] != TrialStatus.STOPPED:
                return asked
            self._finalists = iter(self._best_points()[:FINALISTS])
        return _next_of(self._finalists)

    def _best_points(self) -> list[Point]:
        """The points whose trials succeeded, each once, the best first."""
        best: list[Point] = []
        for item in self.get_best_trials(len(self.trials)):
            point = _without_prefix(item.hyperparameters.values)
            if item.status == TrialStatus.COMPLETED and point not in best:
                best.append(point)
        return best


def oracle_for(options: Options, points: Sequence[Point]) -> keras_tuner.Oracle:
    """The oracle of a strategy that is not the grid's, over the space that the points span."""
    seed = options.split_seed + 1  # 0 means a random one
    if options.strategy == HYPERBAND:
        return HyperbandOracle(points, seed=seed, max_epochs=max_epochs(options, points))
    kind = BayesianOracle if options.strategy == BAYESIAN else RandomOracle
    return kind(points, seed=seed, max_trials=options.trial_limit)


def _next_of(points: Iterator[Point]) -> dict[str, Any]:
    """An oracle's answer: the next point, or the end of the search."""
    point = next(points, None)
    if point is None:
        return {"status": TrialStatus.STOPPED}
    return {"status": TrialStatus.RUNNING, "values": point}


def _without_prefix(values: Mapping[str, Any]) -> Point:
    """A point, without what a hyperband wants of it."""
    return {name: value for name, value in values.items() if not name.startswith(HYPERBAND_PREFIX)}


def space(points: Sequence[Point]) -> keras_tuner.HyperParameters:
    """The hyperparameters that a grid's points set, each with the values that occur."""
    hyperparameters = keras_tuner.HyperParameters()
    for name, choices in spanned_by(points).items():
        if isinstance(choices[0], bool):  # a Choice would turn True into 1
            if len(choices) == 1:
                hyperparameters.Fixed(name, choices[0])
            else:
                hyperparameters.Boolean(name, default=choices[0])
        else:
            hyperparameters.Choice(name, choices)
    return hyperparameters
