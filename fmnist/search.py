"""Search: a keras-tuner oracle is asked for points and told their scores; nothing trains twice.

The only module that imports keras_tuner. What is done is known from MLflow, so an oracle keeps
nothing on disk, and a search that was interrupted is simply started again.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from fmnist.config import Point, Request, Value
from fmnist.events import Event, Failed, Finished

OBJECTIVE = "best_val_sparse_categorical_accuracy"


class GridOracle(keras_tuner.Oracle):
    """Gives the points of a grid, each once, in order, however many are open at a time."""

    def __init__(self, points: Sequence[Point]) -> None:
        super().__init__(
            objective=keras_tuner.Objective(OBJECTIVE, "max"),
            hyperparameters=space(points),
            allow_new_entries=False,
            tune_new_entries=False,
            max_consecutive_failed_trials=len(points) + 1,
        )
        self._points = iter(points)
        self.verbose = 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002 - keras-tuner's
        """The next point, or the end of the search."""
        point = next(self._points, None)
        if point is None:
            return {"status": TrialStatus.STOPPED}
        return {"status": TrialStatus.RUNNING, "values": point}

    def save(self) -> None:
        """Keep nothing: MLflow is the memory."""

    def _save_trial(self, trial: Any) -> None:
        """Keep nothing: MLflow is the memory."""


def space(points: Sequence[Point]) -> keras_tuner.HyperParameters:
    """The hyperparameters that a grid's points set, each with the values that occur."""
    values: dict[str, list[Value]] = {}
    for point in points:
        for name, value in point.items():
            known = values.setdefault(name, [])
            if value not in known:
                known.append(value)
    hyperparameters = keras_tuner.HyperParameters()
    for name, choices in values.items():
        if isinstance(choices[0], bool):  # a Choice would turn True into 1
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
    be trained.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        request_for: Callable[[Point], Request],
        done: Mapping[str, float],
    ) -> None:
        self.outcome = Outcome()
        self._oracle = oracle
        self._request_for = request_for
        self._done = done
        self._open: dict[str, Any] = {}
        self._slots = itertools.count()

    def next_request(self) -> Request | None:
        """The next trial to train; None if there is none (until another one has ended)."""
        while True:
            asked = self._oracle.create_trial(f"slot-{next(self._slots)}")
            if asked.status != TrialStatus.RUNNING:
                return None
            request = self._request_for(asked.hyperparameters.values)
            key = request.trial.key
            self._open[key] = asked
            if key not in self._done:
                return request
            self.outcome.reused.append(key)
            self._tell(key, self._done[key])

    def __call__(self, event: Event) -> None:
        """Tell the oracle of a trial's end."""
        match event:
            case Finished(request=request, bundle=bundle):
                self.outcome.trained.append(request.trial.key)
                self._tell(request.trial.key, bundle.record.summary[OBJECTIVE])
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
