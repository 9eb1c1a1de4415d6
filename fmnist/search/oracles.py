"""keras-tuner oracles over a family's points: grid, random, Bayesian and Hyperband."""

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

# An oracle takes its space for exhausted after this many draws per point of the space that give
# only tried points. keras-tuner stops after 20 draws, which misses points even of a small space.
COLLISIONS = 10
# Hyperband trains its best points in full at its end. Its short trials, whose learning rate has not
# fallen yet, cannot rank them (the 95% interval of 0.9 on 12,000 images is 0.011 wide).
FINALISTS = 3
WORSE_THAN_ANY = -1.0  # of an accuracy
# The prefix of the hyperparameters that hyperband adds to a trial.
HYPERBAND_PREFIX = "tuner/"


class _Oracle(keras_tuner.Oracle):
    """The base of all oracles here: a fixed space, and no state on disk."""

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
    """Gives each point of a grid once, in order, however many trials are open at a time."""

    def __init__(self, points: Sequence[Point]) -> None:
        # The space is empty, or keras-tuner would add the fields of other blocks to each point.
        super().__init__([])
        self._points = iter(points)

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002 - keras-tuner's
        """The next point, or the end of the search."""
        return _next_of(self._points)


class RandomOracle(_Oracle, keras_tuner.oracles.RandomSearchOracle):
    """Random points, each once."""


class BayesianOracle(_Oracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Random points first, then those that a Gaussian process of the results rates highest."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next point; a random one if the proposed one was already tried."""
        asked: dict[str, Any] = super().populate_space(trial_id)
        if asked["values"] and self._duplicate(asked["values"]):
            asked = self._random_populate_space()
        return asked


class HyperbandOracle(_Oracle, keras_tuner.oracles.HyperbandOracle):
    """Hyperband over many short trials, then the best points trained in full."""

    def __init__(self, points: Sequence[Point], **own: Any) -> None:
        super().__init__(points, factor=FACTOR, **own)
        self._finalists: Iterator[Point] | None = None
        self._failed: set[str] = set()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial of hyperband; after its end, the finalists."""
        if self._finalists is None:
            asked: dict[str, Any] = super().populate_space(trial_id)
            if asked["status"] != TrialStatus.STOPPED:
                return asked
            self._finalists = iter(self._best_points()[:FINALISTS])
        return _next_of(self._finalists)

    def end_trial(self, trial: Any) -> None:
        """End a trial. One that failed counts as the worst of its rung.

        keras-tuner would take the rung for smaller, let fewer than the best third go on, and with
        one failure train none for all of its epochs.
        """
        if trial.status == TrialStatus.FAILED:
            self._failed.add(trial.trial_id)
            self.update_trial(trial.trial_id, {CRITERION: WORSE_THAN_ANY})
            trial.status = TrialStatus.COMPLETED
        super().end_trial(trial)

    def _best_points(self) -> list[Point]:
        """The points whose trials succeeded, each once, the best first."""
        best: list[Point] = []
        for item in self.get_best_trials(len(self.trials)):
            point = point_in(item.hyperparameters.values)
            if item.trial_id not in self._failed and point not in best:
                best.append(point)
        return best


def oracle_for(options: Options, points: Sequence[Point]) -> keras_tuner.Oracle:
    """The oracle of strategy random, bayesian or hyperband, over the space that the points span."""
    seed = options.split_seed + 1  # keras-tuner draws a random seed for 0
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


def point_in(values: Mapping[str, Any]) -> Point:
    """The point in a trial's hyperparameters, without those that hyperband adds."""
    return {name: value for name, value in values.items() if not name.startswith(HYPERBAND_PREFIX)}


def space(points: Sequence[Point]) -> keras_tuner.HyperParameters:
    """The points' fields as hyperparameters, each with the values that occur."""
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
