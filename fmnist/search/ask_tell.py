"""Ask a keras-tuner oracle for points and tell it their scores, so that nothing is trained twice.

Finished trials are known from MLflow. So an oracle keeps nothing on disk, and an interrupted search
is simply started again.
"""

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fmnist.training import backend  # noqa: F401 - before keras_tuner imports Keras

# isort: split
import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from fmnist.search.oracles import point_in
from fmnist.study.metrics import CRITERION
from fmnist.study.request import Request
from fmnist.study.trial import Point
from fmnist.training.events import Event, Failed, Finished


@dataclass
class Outcome:
    """The results of a search's trials, by key.

    Attributes:
        reused: trials that were done before the search.
        trained: trials that the search trained.
        failed: the error of each failed trial, in one line.
    """

    reused: list[str] = field(default_factory=list)
    trained: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Search:
    """Connects an oracle with an executor: it gives requests and listens to the trials' events.

    Attributes:
        outcome: what was reused, trained and failed so far.
        requests: all requests of the oracle by key, in order, whether trained or reused.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        request_for: Callable[[Point], Request],
        done: Mapping[str, float],
    ) -> None:
        """Start a search.

        Args:
            oracle: the oracle that chooses the points.
            request_for: a function from a point to the request that trains it.
            done: the score of each key that need not be trained.
        """
        self.outcome = Outcome()
        self.requests: dict[str, Request] = {}
        self._oracle = oracle
        self._request_for = request_for
        self._done = dict(done)
        self._open: dict[str, Any] = {}
        self._slots = itertools.count()

    def next_request(self) -> Request | None:
        """The next trial to train; None if there is none, or none until another trial ends."""
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
        """The request for a trial of the oracle."""
        request = self._request_for(self._point(asked))
        limit = asked.hyperparameters.values.get("tuner/epochs")
        goes_on = limit is not None and limit < self._oracle.max_epochs
        return dataclasses.replace(request, to_be_continued=goes_on)

    def _point(self, asked: Any) -> Point:
        """The point of a trial of the oracle; hyperband adds epochs, and which it continues."""
        values = asked.hyperparameters.values
        point = point_in(values)
        if "tuner/epochs" in values:
            point["epochs"] = values["tuner/epochs"]
        if earlier := values.get("tuner/trial_id"):
            before = self._point(self._oracle.get_trial(earlier))
            limits = [before.get("continues"), before["epochs"]]
            point["continues"] = "-".join(str(limit) for limit in limits if limit)
        return point

    def __call__(self, event: Event) -> None:
        """Tell the oracle how a trial ended."""
        match event:
            case Finished(request=request, bundle=bundle):
                key, score = request.trial.key, bundle.record.summary[CRITERION]
                self.outcome.trained.append(key)
                self._done[key] = score
                self._tell(key, score)
            case Failed(request=request, reason=reason):
                self.outcome.failed[request.trial.key] = reason
                self._end(request.trial.key, TrialStatus.FAILED)

    def _tell(self, key: str, score: float) -> None:
        self._oracle.update_trial(self._open[key].trial_id, {CRITERION: score})
        self._end(key, TrialStatus.COMPLETED)

    def _end(self, key: str, status: str) -> None:
        asked = self._open.pop(key)
        asked.status = status
        self._oracle.end_trial(asked)
