"""Train where there is no tracking store: bundles are left in a folder.

Any number of processes may work on one folder, also on machines that share it: each takes what no
other one has, and goes on from its checkpoint with what a stopped one had.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console

from fmnist.bundle import RECORD
from fmnist.config import Request
from fmnist.events import Event, Failed, broadcast
from fmnist.executors import InProcess, Workspace
from fmnist.progress import Display


def train(requests: Sequence[Request], folder: Path, console: Console) -> bool:
    """Train what has no bundle in `folder` yet; returns whether nothing failed."""
    missing = [request for request in requests if not _is_done(request, folder)]
    failed: list[Event] = []

    def collect(event: Event) -> None:
        if isinstance(event, Failed):
            failed.append(event)

    free = _free(missing, folder)
    workspace = Workspace(folder, folder / "checkpoints")
    with Display("train", len(missing), console) as display:
        InProcess().run(lambda: next(free, None), broadcast(display, collect), workspace)
    done = sum(_is_done(request, folder) for request in requests)
    console.print(f"train: {len(requests)} trials, {done} of them in {folder}", soft_wrap=True)
    return not failed


def _free(requests: Sequence[Request], folder: Path) -> Iterator[Request]:
    """The requests that no other process has, each held until the next one is asked for."""
    claims = folder / "claims"
    claims.mkdir(parents=True, exist_ok=True)
    for request in requests:
        try:
            with FileLock(claims / request.trial.key, timeout=0):
                if not _is_done(request, folder):
                    yield request
        except Timeout:
            continue


def _is_done(request: Request, folder: Path) -> bool:
    return (folder / request.trial.key / RECORD).is_file()
