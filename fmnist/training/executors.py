"""Where trials run: in this process, or as tasks on Ray. The same function trains in both."""

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
    """Where trials leave their bundles, and the checkpoints that a later search takes up."""

    bundles: Path
    checkpoints: Path


class Executor(Protocol):
    """Runs trials until there are none left."""

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Train what `next_request` gives, leave bundles in the workspace, tell the listener."""


class InProcess:
    """One trial after the other, in this process."""

    def run(self, next_request: NextRequest, listener: Listener, workspace: Workspace) -> None:
        """Train until there is nothing left; an error in a trial ends only that trial."""
        while request := next_request():
            listener(Started(request))
            try:
                bundle = _train(request, listener, workspace)
            except BaseException as error:
                if not isinstance(error, Exception) or _no_trial_can_run(error):
                    listener(Killed(request))
                    raise
                listener(Failed(request, traceback.format_exc()))
            else:
                listener(Finished(request, bundle))


def _no_trial_can_run(error: Exception) -> bool:
    """Whether the disk is full or read-only, which the next trial would meet too."""
    number = error.errno if isinstance(error, OSError) else None
    return number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)


def _train(request: Request, listener: Listener, workspace: Workspace) -> Bundle:
    return train.train(
        request,
        workspace.bundles / request.trial.key,
        checkpoint.path_in(workspace.checkpoints, request.trial),
        reporter(request, listener),
    )


def reporter(request: Request, listener: Listener) -> train.OnEpoch:
    """What a training tells of its epochs, and of the machine, as events."""

    def report(epoch: int, logs: Logs, ended: int, machine: dict[str, float]) -> None:
        listener(EpochEnded(request, epoch, logs, ended, machine))

    return report
