"""Executors run trials, in this process or on Ray; both train by the same function."""

import errno
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fmnist.study.request import Request
from fmnist.training import checkpoint, train
from fmnist.training.bundle import Bundle
from fmnist.training.events import EpochEnded, Failed, Finished, Killed, Listener, Started
from fmnist.training.scoring import Logs

NextRequest = Callable[[], Request | None]


@dataclass(frozen=True)
class Workspace:
    """The folders of the trials' bundles, and of the checkpoints from which trials resume."""

    bundles: Path
    checkpoints: Path


class Executor(Protocol):
    """Runs the trials of a search."""

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Train what `next_request` returns, until it returns None.

        Bundles are left in the workspace, and the listener gets every event. A trial that raises
        an error fails alone; the others still run.
        """


class LocalExecutor(Executor, Protocol):
    """Runs trials in this process.

    Attributes:
        requests_at_once: how many requests it looks at before it trains.
    """

    requests_at_once: int


class InProcess:
    """Runs one trial after the other in this process."""

    requests_at_once = 1

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Train until there is no request left, see `Executor.run`.

        Raises:
            OSError: if the disk is full or read-only, as every other trial would fail too.
        """
        while request := next_request():
            listener(Started(request))
            try:
                bundle = _train(request, listener, workspace)
            except BaseException as error:
                if not isinstance(error, Exception) or no_trial_can_run(error):
                    listener(Killed(request))
                    raise
                listener(Failed(request, traceback.format_exc()))
            else:
                listener(Finished(request, bundle))


def in_this_process(*, together: bool) -> LocalExecutor:
    """The executor of this process: one trial after the other, or those of one shape together."""
    if not together:
        return InProcess()
    from fmnist.training.together import Together  # JAX is an extra

    return Together()


def no_trial_can_run(error: Exception) -> bool:
    """Whether the error is a full or read-only disk, on which every other trial would fail too."""
    number = error.errno if isinstance(error, OSError) else None
    return number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)


def _train(request: Request, listener: Listener, workspace: Workspace) -> Bundle:
    left = train.train(
        request,
        workspace.bundles / request.trial.key,
        checkpoint.path_in(workspace.checkpoints, request.trial),
        reporter(request, listener),
    )
    checkpoint.remove(workspace.checkpoints, request)
    return left


def reporter(request: Request, listener: Listener) -> train.OnEpoch:
    """A function for `train` that turns each epoch into an event for the listener."""

    def report(epoch: int, logs: Logs, ended: int, machine: dict[str, float]) -> None:
        listener(EpochEnded(request, epoch, logs, ended, machine))

    return report
