"""Search: a keras-tuner oracle is asked for points and told their scores; nothing trains twice.

The only module that imports keras_tuner. What is done is known from MLflow, so an oracle keeps
nothing on disk, and a search that was interrupted is simply started again.
"""

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from fmnist.config import Point, Request
from fmnist.events import Event, Failed, Finished
from fmnist.family import spanned_by
from fmnist.hyperband import FACTOR, max_epochs, space_size
from fmnist.options import BAYESIAN, HYPERBAND, Options

OBJECTIVE = "best_val_sparse_categorical_accuracy"
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
            objective=keras_tuner.Objective(OBJECTIVE, "max"),
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
    seed = options.seed + 1  # 0 means a random one
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


@dataclass
class Outcome:
    """What became of a search's trials, by key."""

    reused: list[str] = field(default_factory=list)
    trained: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Search:
    """The conversation between an oracle and an executor; a listener of the executor's trials.

    `request_for` says what to train for a point, `done` gives the score of each key that need not
    be trained; `requests` are what the oracle asked for, in order, trained or not, by key.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        request_for: Callable[[Point], Request],
        done: Mapping[str, float],
    ) -> None:
        self.outcome = Outcome()
        self.requests: dict[str, Request] = {}
        self._oracle = oracle
        self._request_for = request_for
        self._done = dict(done)
        self._open: dict[str, Any] = {}
        self._slots = itertools.count()

    def next_request(self) -> Request | None:
        """The next trial to train; None if there is none (until another one has ended)."""
        while True:
            asked = self._oracle.create_trial(f"slot-{next(self._slots)}")
            if asked.status != TrialStatus.RUNNING:
                return None
            request = self._request(asked)
            key = request.trial.key
            self._open[key] = asked
            asked_before = key in self.requests
            self.requests[key] = request
            if key not in self._done:
                return request
            if not asked_before:
                self.outcome.reused.append(key)
            self._tell(key, self._done[key])

    def _request(self, asked: Any) -> Request:
        """What to train for a trial of the oracle's."""
        request = self._request_for(self._point(asked))
        limit = asked.hyperparameters.values.get("tuner/epochs")
        goes_on = limit is not None and limit < self._oracle.max_epochs
        return dataclasses.replace(request, to_be_continued=goes_on)

    def _point(self, asked: Any) -> Point:
        """The point of a trial of the oracle's; a hyperband's has its epochs beside."""
        values = asked.hyperparameters.values
        point = _without_prefix(values)
        if "tuner/epochs" in values:
            point["epochs"] = values["tuner/epochs"]
        if earlier := values.get("tuner/trial_id"):
            before = self._point(self._oracle.get_trial(earlier))
            limits = [before.get("continues"), before["epochs"]]
            point["continues"] = "-".join(str(limit) for limit in limits if limit)
        return point

    def __call__(self, event: Event) -> None:
        """Tell the oracle of a trial's end."""
        match event:
            case Finished(request=request, bundle=bundle):
                key, score = request.trial.key, bundle.record.summary[OBJECTIVE]
                self.outcome.trained.append(key)
                self._done[key] = score
                self._tell(key, score)
            case Failed(request=request, traceback=traceback):
                self.outcome.failed[request.trial.key] = traceback.strip().splitlines()[-1]
                self._end(request.trial.key, TrialStatus.FAILED)

    def _tell(self, key: str, score: float) -> None:
        self._oracle.update_trial(self._open[key].trial_id, {OBJECTIVE: score})
        self._end(key, TrialStatus.COMPLETED)

    def _end(self, key: str, status: str) -> None:
        asked = self._open.pop(key)
        asked.status = status
        self._oracle.end_trial(asked)
