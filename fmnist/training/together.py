"""Run trials on a GPU by JAX, those of one shape together in one program.

Every trial has its own events, checkpoint and bundle, as if it had been trained alone. Early
stopping and the fall of the learning rate are decided for each trial by `train.Training`. An
interrupted trial goes on from its own checkpoint, whichever trials are then trained beside it.
"""

import time
import traceback
from collections.abc import Sequence
from functools import partial
from itertools import islice

from fmnist.data import splits
from fmnist.study.own_network import OwnNetwork
from fmnist.study.request import Request
from fmnist.training import checkpoint, environment
from fmnist.training.epochs import fastest
from fmnist.training.epochs.together import Member, TogetherEpochs
from fmnist.training.events import Failed, Finished, Killed, Listener, Started
from fmnist.training.executors import InProcess, NextRequest, Workspace, no_trial_can_run, reporter
from fmnist.training.train import Training

# The most trials in one program, which holds the activations of a batch of each. Of the study's
# largest network, 3x128 in batches of 256, this is less than 1 GB for each trial.
PLACES = 16
# How many requests are looked at for trials of one shape.
REQUESTS_AT_ONCE = 256


class Together:
    """Runs the trials of one shape together in this process, one shape after the other."""

    requests_at_once = REQUESTS_AT_ONCE

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Train until there is no request left, see `Executor.run`.

        Raises:
            OSError: if the disk is full or read-only, as every other trial would fail too.
        """
        while requests := list(islice(iter(next_request, None), self.requests_at_once)):
            for group in groups(requests):
                if len(group) > 1:
                    _Group(group, listener, workspace).run()
                else:
                    InProcess().run(partial(next, iter(group), None), listener, workspace)


def groups(requests: Sequence[Request]) -> list[list[Request]]:
    """The requests by the shape of their trials, at most `PLACES` in a group, in their order."""
    shapes: dict[object, list[Request]] = {}
    for request in requests:
        trial = request.trial
        own = isinstance(trial.model, OwnNetwork)  # whose layers only Keras itself knows
        shapes.setdefault(trial.key if own else fastest.shape(trial), []).append(request)
    return [
        group[first : first + PLACES]
        for group in shapes.values()
        for first in range(0, len(group), PLACES)
    ]


class _Group:
    """Trials of one shape. Those that have not ended are trained epoch by epoch."""

    def __init__(
        self, requests: Sequence[Request], listener: Listener, workspace: Workspace
    ) -> None:
        self._requests, self._listener, self._workspace = requests, listener, workspace
        self._open = list(requests)

    def run(self) -> None:
        """Train all trials to their end. An error of one trial alone leaves the others alone."""
        for request in self._requests:
            self._listener(Started(request))
        try:
            self._train()
        except BaseException as error:
            stopped = not isinstance(error, Exception) or no_trial_can_run(error)
            told = traceback.format_exc()
            for request in [*self._open]:
                self._end(Killed(request) if stopped else Failed(request, told))
            if stopped:
                raise

    def _train(self) -> None:
        trial = self._requests[0].trial
        program = TogetherEpochs(trial, len(self._requests))
        validation = splits.load_split(trial.data).validation_images
        each = [self._begin(request, program) for request in self._requests]
        while each := [(training, model) for training, model in each if self._goes_on(training)]:
            started = time.perf_counter()
            logs = program.train_all([(model, its.epoch, its.order) for its, model in each])
            predicted = program.predict_all([model for _, model in each], validation)
            # A trial is charged its share, so that the trials' seconds add up to the program's.
            share = (time.perf_counter() - started) / len(each)
            for (training, _), own, probabilities in zip(each, logs, predicted, strict=True):
                try:
                    training.end_epoch(own, probabilities, share)
                except Exception as error:
                    self._fail(training.request, error)

    def _begin(self, request: Request, program: TogetherEpochs) -> tuple[Training, Member]:
        model = Member(request.trial, program)
        path = checkpoint.path_in(self._workspace.checkpoints, request.trial)
        return Training(request, model, path, reporter(request, self._listener)), model

    def _goes_on(self, training: Training) -> bool:
        """Whether a trial goes on. One that is over leaves its bundle, and is told as finished."""
        request = training.request
        if request not in self._open:  # it has failed
            return False
        if not training.is_over:
            return True
        try:
            left = training.finish(
                self._workspace.bundles / request.trial.key,
                **{environment.TOGETHER: str(len(self._requests))},
            )
        except Exception as error:
            self._fail(request, error)
        else:
            checkpoint.remove(self._workspace.checkpoints, request)
            self._end(Finished(request, left))
        return False

    def _fail(self, request: Request, error: Exception) -> None:
        """Tell the error that is being handled as one of this trial, unless it would hit all."""
        if no_trial_can_run(error):
            raise error
        self._end(Failed(request, traceback.format_exc()))

    def _end(self, event: Finished | Failed | Killed) -> None:
        self._open.remove(event.request)
        self._listener(event)
